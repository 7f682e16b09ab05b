//! A list that only grows, and is read without a lock.

use once_cell::race::OnceBox;

pub(crate) struct List<T>(OnceBox<Node<T>>);

struct Node<T> {
    value: T,
    next: List<T>,
}

impl<T> List<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceBox::new())
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        std::iter::successors(self.0.get(), |node| node.next.0.get()).map(|node| &node.value)
    }

    /// Appends, and returns where it is.
    pub(crate) fn push(&self, value: T) -> &T {
        let mut node = Box::new(Node {
            value,
            next: Self::new(),
        });
        let mut place = self;
        loop {
            match place.0.set(node) {
                Ok(()) => return &place.0.get().expect("it was set").value,
                Err(refused) => node = refused,
            }
            place = &place.0.get().expect("it is taken").next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_order() {
        let list = List::new();
        for value in 0..5 {
            assert_eq!(*list.push(value), value);
        }
        assert!(list.iter().copied().eq(0..5));
    }
}
