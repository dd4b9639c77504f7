//! What reading costs: each line of an uncompressed NDJSON file into a `serde_json::Value`, which
//! is dropped. One thread. Trapline's speed is measured against the processor time of this.

use std::error::Error;
use std::io::{BufRead as _, BufReader};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: value_baseline FILE")?;
    let mut input = BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    let mut line = Vec::new();
    let mut events = 0_u64;
    while input.read_until(b'\n', &mut line)? > 0 {
        let value: serde_json::Value = serde_json::from_slice(&line)?;
        events += u64::from(value.is_object());
        line.clear();
    }
    println!("{events}");
    Ok(())
}
