//! A client that can misbehave: it writes bytes as they are, and leaves when it likes.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use socket2::SockRef;

use crate::DEADLINE;

/// One connection, kept alive.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// As the system says.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    /// The socket.
    #[must_use]
    pub fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// As the system says.
    pub fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes.as_ref())
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    /// If the server does not take them.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_write(bytes).expect("the server reads");
    }

    /// Sends a whole request.
    pub fn request(&mut self, method: &str, path: &str, headers: &[&str], body: &[u8]) {
        self.write(request(method, path, headers, body));
    }

    /// Reads a response to this method.
    ///
    /// # Errors
    /// If the connection ends before the response does, or says what is no response.
    pub fn reply(&mut self, method: &str) -> io::Result<Reply> {
        let head = self.head()?;
        let mut reply = Reply {
            status: head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok())
                .ok_or_else(|| malformed(&head))?,
            head,
            body: Vec::new(),
        };
        let no_body = method == "HEAD" || matches!(reply.status, 100..200 | 204 | 304);
        if no_body {
            return Ok(reply);
        }
        if reply.header("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.chunk()? {
                reply.body.extend(chunk);
            }
        } else if let Some(length) = reply.header("content-length") {
            let length = length.parse().map_err(|_| malformed(&reply.head))?;
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body)?;
        } else {
            self.stream.read_to_end(&mut reply.body)?;
        }
        Ok(reply)
    }

    /// Reads the head of a response.
    ///
    /// # Errors
    /// If the connection ends before the head does.
    pub fn head(&mut self) -> io::Result<String> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(head)
    }

    /// Reads a chunk of a response; `None` is the end.
    ///
    /// # Errors
    /// If the connection ends before the chunk does.
    pub fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut size = String::new();
        if self.stream.read_line(&mut size)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| malformed(&size))?;
        let mut chunk = vec![0; size + 2];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(size);
        Ok((size > 0).then_some(chunk))
    }

    /// Reads until the connection ends, however it ends.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.stream.read_to_end(&mut rest);
        rest
    }

    /// Sends FIN and goes on reading.
    ///
    /// # Panics
    /// If the connection is gone.
    pub fn half_close(&self) {
        self.socket()
            .shutdown(Shutdown::Write)
            .expect("still connected");
    }

    /// Sends RST.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn reset(self) {
        SockRef::from(self.socket())
            .set_linger(Some(Duration::ZERO))
            .expect("a TCP socket");
    }
}

/// The bytes of a request.
#[must_use]
pub fn request(method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n").into_bytes();
    for header in headers {
        bytes.extend(header.as_bytes());
        bytes.extend(b"\r\n");
    }
    if !body.is_empty() {
        bytes.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}

/// A response.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The code.
    pub status: u16,
    /// Status line and headers as they came.
    pub head: String,
    /// The body without its framing.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The body as text.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The body as text, once it is decompressed.
    ///
    /// # Panics
    /// If it is not gzip.
    #[must_use]
    pub fn gunzip(&self) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(&self.body[..])
            .read_to_string(&mut text)
            .expect("gzip of text");
        text
    }

    /// Everything that came, but for what differs between any two responses.
    #[must_use]
    pub fn without_date(&self) -> String {
        let head = self
            .head
            .split_inclusive('\n')
            .filter(|line| !line.starts_with("date:"));
        head.chain([String::from_utf8_lossy(&self.body).as_ref()])
            .collect()
    }
}
