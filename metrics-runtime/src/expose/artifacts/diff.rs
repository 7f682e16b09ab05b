//! What differs between two texts, line by line, for a person to read.

use std::fmt::Write;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 2;
/// A text that differs in more lines than this is not shown to its end.
const MOST_LINES: usize = 60;
/// Larger tables of common lines take too much memory: then all lines in between count as changed.
const MOST_CELLS: usize = 16_000_000;

#[derive(Clone, Copy)]
enum Line<'a> {
    Section(&'a str),
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
}

impl Line<'_> {
    fn is_change(&self) -> bool {
        matches!(self, Self::Removed(_) | Self::Added(_))
    }
}

/// The changes from `old` to `new`, each below the title of its section.
pub(super) fn diff(old: &str, new: &str) -> String {
    let lines = compare(
        &old.lines().collect::<Vec<_>>(),
        &new.lines().collect::<Vec<_>>(),
    );
    let mut shown = Vec::new();
    // The first line that was not shown yet.
    let mut next = 0;
    while let Some(first) = lines[next..].iter().position(Line::is_change) {
        let first = next + first;
        let mut end = first;
        let near = |end: usize| lines[end..].iter().take(2 * CONTEXT + 1);
        while let Some(more) = near(end).position(Line::is_change) {
            end += more + 1;
        }
        let start = first.saturating_sub(CONTEXT).max(next);
        next = (end + CONTEXT).min(lines.len());
        shown.extend(section(&lines[..first]).map(Line::Section));
        shown.extend(&lines[start..next]);
    }
    let (shown, left_out) = shown.split_at(shown.len().min(MOST_LINES));
    let mut text = String::new();
    for line in shown {
        let (mark, line) = match line {
            Line::Section(title) => ('@', title),
            Line::Same(line) => (' ', line),
            Line::Removed(line) => ('-', line),
            Line::Added(line) => ('+', line),
        };
        writeln!(text, "{mark} {line}").expect("a String takes every write");
    }
    let left_out = left_out.iter().filter(|line| line.is_change()).count();
    if left_out > 0 {
        writeln!(text, "and {left_out} more lines").expect("a String takes every write");
    }
    text
}

/// The heading, name or title that comes before a change.
fn section<'a>(before: &[Line<'a>]) -> Option<&'a str> {
    let before = before.iter().rev().map(|line| match line {
        Line::Section(line) | Line::Same(line) | Line::Removed(line) | Line::Added(line) => *line,
    });
    let mut before = before.map(|line| line.trim().trim_end_matches(','));
    before.find(|line| {
        ["## ", "\"name\": ", "\"title\": "]
            .iter()
            .any(|start| line.starts_with(start))
    })
}

/// Both texts as one list, by the longest common subsequence.
fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let before = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (same, old) = old.split_at(before);
    let new = &new[before..];
    let both = old.iter().rev().zip(new.iter().rev());
    let after = both.take_while(|(a, b)| a == b).count();
    let (old, tail) = old.split_at(old.len() - after);
    let new = &new[..new.len() - after];
    let mut lines: Vec<_> = same.iter().map(|line| Line::Same(line)).collect();
    compare_middle(old, new, &mut lines);
    lines.extend(tail.iter().map(|line| Line::Same(line)));
    lines
}

fn compare_middle<'a>(old: &[&'a str], new: &[&'a str], lines: &mut Vec<Line<'a>>) {
    let width = new.len() + 1;
    let mut common = Vec::new();
    if (old.len() + 1) * width <= MOST_CELLS {
        // `common[i * width + j]`: how many lines `old[i..]` and `new[j..]` have in common.
        common = vec![0_u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                common[i * width + j] = if old[i] == new[j] {
                    common[(i + 1) * width + j + 1] + 1
                } else {
                    common[(i + 1) * width + j].max(common[i * width + j + 1])
                };
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() && !common.is_empty() {
        if old[i] == new[j] {
            lines.push(Line::Same(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            lines.push(Line::Removed(old[i]));
            i += 1;
        } else {
            lines.push(Line::Added(new[j]));
            j += 1;
        }
    }
    lines.extend(old[i..].iter().map(|line| Line::Removed(line)));
    lines.extend(new[j..].iter().map(|line| Line::Added(line)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_shown_below_their_section() {
        let old = "# Title\n\n## One\na\nb\nc\nd\ne\nf\n## Two\nx\ny\n";
        let new = "# Title\n\n## One\na\nb\nnew\nc\nd\ne\nf\n## Two\nx\n";
        assert_eq!(
            diff(old, new),
            "@ ## One\n  a\n  b\n+ new\n  c\n  d\n@ ## Two\n  ## Two\n  x\n- y\n"
        );
        assert_eq!(diff(old, old), "");
    }

    #[test]
    fn a_changed_line_is_removed_and_added() {
        assert_eq!(diff("a\nb\nc", "a\nB\nc"), "  a\n- b\n+ B\n  c\n");
        assert_eq!(diff("", "a\n"), "+ a\n");
        assert_eq!(diff("a\n", ""), "- a\n");
    }

    #[test]
    fn a_long_diff_is_cut() {
        let lines = |mark: &str| {
            let line =
                |line: u32| format!("{line}{}", if line.is_multiple_of(10) { mark } else { "" });
            (0..500).map(line).collect::<Vec<_>>().join("\n")
        };
        let text = diff(&lines(""), &lines("!"));
        assert_eq!(text.lines().count(), MOST_LINES + 1, "{text}");
        assert!(text.ends_with("more lines\n"), "{text}");
    }
}
