//! A gateway that answers as it is told, and remembers what it was sent.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

use metrics_runtime::{Pusher, PusherBuilder};
use tests::DEADLINE;

/// What it does with a request.
pub(super) enum Answer {
    Status(u16, &'static str),
    /// Closes the connection without a word.
    Close,
    /// Answers 200 once the sender is gone.
    After(Receiver<()>),
}

#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

pub(super) struct Gateway {
    url: String,
    received: Receiver<Received>,
    answers: Arc<Mutex<Vec<Answer>>>,
}

impl Gateway {
    /// Gives these answers, and 200 from then on.
    pub(super) fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let answers = Arc::new(Mutex::new(answers.into_iter().collect::<Vec<_>>()));
        let (sender, received) = mpsc::channel();
        let shared = Arc::clone(&answers);
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.expect("a connection"), &sender, &shared);
            }
        });
        Self {
            url: format!("http://{address}"),
            received,
            answers,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn pusher(&self, job: &str) -> Pusher {
        self.builder(job).build().expect("it is valid")
    }

    pub(super) fn builder(&self, job: &str) -> PusherBuilder {
        Pusher::builder(&self.url).job(job)
    }

    /// The next request.
    pub(super) fn received(&self) -> Received {
        self.received.recv_timeout(DEADLINE).expect("a request")
    }

    /// Requests that came and were not asked for.
    pub(super) fn others(&self) -> usize {
        self.received.try_iter().count()
    }

    pub(super) fn answer_next(&self, answer: Answer) {
        self.answers.lock().unwrap().push(answer);
    }
}

fn serve(stream: TcpStream, sender: &Sender<Received>, answers: &Mutex<Vec<Answer>>) {
    let mut stream = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        stream.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    };
    let start = line();
    if start.is_empty() {
        return;
    }
    let mut parts = start.split(' ');
    let (method, path) = (parts.next(), parts.next());
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line().split_once(": ") {
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("the body");
    let received = Received {
        method: method.unwrap_or_default().to_owned(),
        path: path.unwrap_or_default().to_owned(),
        headers,
        body: String::from_utf8(body).expect("text"),
    };
    let answer = {
        let mut answers = answers.lock().unwrap();
        if answers.is_empty() {
            Answer::Status(200, "")
        } else {
            answers.remove(0)
        }
    };
    // A test that has ended no longer reads.
    let _ = sender.send(received);
    let (status, text) = match answer {
        Answer::Status(status, text) => (status, text),
        Answer::Close => return,
        Answer::After(gone) => {
            let _ = gone.recv_timeout(Duration::from_secs(60));
            (200, "")
        }
    };
    let response = format!(
        "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\nlocation: http://127.0.0.1:1/\r\n\r\n{text}",
        text.len()
    );
    // A client that timed out no longer reads.
    let _ = stream.get_mut().write_all(response.as_bytes());
}
