//! A server that answers the requests of S3 that a scan makes: listing a prefix, and reading an object
//! or a part of it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Keys of one page of a listing.
const PAGE: usize = 3;

/// A bucket named `lake`.
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    requests: Arc<Mutex<Vec<String>>>,
    /// How many of the next requests for an object fail.
    pub(crate) failures: Arc<AtomicUsize>,
}

impl S3 {
    /// Serves these objects until the test ends.
    pub(crate) fn new(objects: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let (requests, failures) = (Arc::default(), Arc::default());
        let server = Self {
            endpoint,
            requests: Arc::clone(&requests),
            failures: Arc::clone(&failures),
        };
        let objects = Arc::new(objects);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (objects, requests, failures) = (
                    Arc::clone(&objects),
                    Arc::clone(&requests),
                    Arc::clone(&failures),
                );
                std::thread::spawn(move || serve(&stream.unwrap(), &objects, &requests, &failures));
            }
        });
        server
    }

    /// The requests so far: method and target.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(
    stream: &TcpStream,
    objects: &BTreeMap<String, Vec<u8>>,
    requests: &Mutex<Vec<String>>,
    failures: &AtomicUsize,
) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let mut words = head[0].split(' ');
        let method = words.next().unwrap();
        let target = words
            .next()
            .unwrap()
            .replace("%2F", "/")
            .replace("%3D", "=");
        requests.lock().unwrap().push(format!("{method} {target}"));
        let range = head.iter().find_map(|line| {
            let line = line.to_ascii_lowercase();
            let (from, to) = line.strip_prefix("range: bytes=")?.split_once('-')?;
            Some((from.parse().unwrap(), to.parse::<usize>().unwrap() + 1))
        });
        let fails = |count: usize| count.checked_sub(1);
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let (status, headers, body) = match path.strip_prefix("/lake/") {
            _ if query.contains("list-type=2") => {
                ("200 OK", String::new(), listing(objects, query))
            }
            Some(_)
                if failures
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, fails)
                    .is_ok() =>
            {
                ("503 Slow Down", String::new(), Vec::new())
            }
            Some(key) => object(objects, key, range),
            None => ("404 Not Found", String::new(), Vec::new()),
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n");
        let mut stream = stream;
        let body = if method == "HEAD" {
            &[]
        } else {
            body.as_slice()
        };
        let sent = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body));
        if sent.is_err() {
            return;
        }
    }
}

fn object(
    objects: &BTreeMap<String, Vec<u8>>,
    key: &str,
    range: Option<(usize, usize)>,
) -> (&'static str, String, Vec<u8>) {
    let Some(bytes) = objects.get(key) else {
        return ("404 Not Found", String::new(), Vec::new());
    };
    let headers = "etag: \"one\"\r\nlast-modified: Sat, 31 Jan 2026 00:00:00 GMT\r\n";
    match range {
        None => ("200 OK", headers.to_owned(), bytes.clone()),
        Some((from, to)) => {
            let to = to.min(bytes.len());
            let range = format!("content-range: bytes {from}-{}/{}\r\n", to - 1, bytes.len());
            (
                "206 Partial Content",
                format!("{headers}{range}"),
                bytes[from..to].to_vec(),
            )
        }
    }
}

fn listing(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> Vec<u8> {
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find_map(|(key, value)| (key == name).then_some(value));
        value.unwrap_or("").to_owned()
    };
    let (prefix, after) = (parameter("prefix"), parameter("continuation-token"));
    let mut keys = objects
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = keys.by_ref().take(PAGE).collect();
    let more = match (page.last(), keys.next()) {
        (Some((last, _)), Some(_)) => {
            format!(
                "<IsTruncated>true</IsTruncated><NextContinuationToken>{last}</NextContinuationToken>"
            )
        }
        _ => "<IsTruncated>false</IsTruncated>".to_owned(),
    };
    let contents = page.iter().map(|(key, bytes)| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-01-31T00:00:00.000Z</LastModified>\
             <ETag>&quot;one&quot;</ETag><Size>{}</Size></Contents>",
            bytes.len()
        )
    });
    let contents: String = contents.collect();
    format!("<ListBucketResult>{more}{contents}</ListBucketResult>").into_bytes()
}
