//! Recordings that are not as they should be: what is readable is read, the rest is named.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::captures::captures;
use super::*;

const EVENT: &str =
    r#"{"@timestamp":"2024-01-01T00:00:00Z","event":{"code":"1"},"host":{"id":"h"}}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn small() -> Options {
    Options {
        limits: Limits {
            unpacked: 1 << 20,
            ratio: 50,
            honest: 1 << 16,
            value: 1 << 16,
            response: 1 << 18,
        },
        ..Options::default()
    }
}

#[test]
fn faults_stand_where_they_are_and_the_rest_is_read() {
    let text = format!("{EVENT}\n{{\"a\":\n7\n{{\"a\":1,\"b\":2}}\n{EVENT}\n");
    let (documents, faults, counts) = read("x.json", text.as_bytes());
    assert_eq!(documents.len(), 2);
    assert_eq!(
        faults,
        [
            "x.json:2: not valid JSON: EOF while parsing a value at line 2 column 0",
            "x.json:3: an event must be a JSON object, found a number",
            "x.json:4: no form of event that is known; its keys are a, b",
        ]
    );
    assert_eq!(counts.faulty(), 3);
}

#[test]
fn an_array_instead_of_lines_is_read() {
    let text = format!("[{EVENT},\n{EVENT}]");
    let (documents, faults, _) = read("x.json", text.as_bytes());
    assert_eq!((documents.len(), faults.len()), (2, 0));
}

#[test]
fn kinds_of_events_may_be_mixed() {
    let flat = r#"{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon","UtcTime":"2024-01-01 00:00:00.000","Hostname":"A"}"#;
    let alert = r#"{"kibana.alert.original_time":"2024-01-01T00:00:00Z","host.id":"h"}"#;
    let (_, faults, counts) = read("x", format!("{EVENT}\n{flat}\n{alert}").as_bytes());
    assert_eq!(faults, [""; 0]);
    let forms: Vec<_> = counts.forms.into_iter().collect();
    assert_eq!(
        forms,
        [
            (EventForm::Flat, 1),
            (EventForm::Document, 1),
            (EventForm::Alert, 1)
        ]
    );
}

#[test]
fn an_event_without_time_is_no_event_and_one_without_host_is_counted() {
    let timeless = r#"{"event":{"code":"1"}}"#;
    let hostless = r#"{"@timestamp":"2024-01-01T00:00:00Z"}"#;
    let (documents, faults, counts) = read("x", format!("{timeless}\n{hostless}").as_bytes());
    assert_eq!(documents.len(), 1);
    assert_eq!(faults, ["x:1: the event has no time"]);
    assert_eq!(counts.without_host, 1);
}

#[test]
fn what_is_no_recording_is_said_to_be_none() {
    let (documents, faults, _) = read("notes.txt", b"hello");
    assert!(documents.is_empty());
    assert_eq!(
        faults,
        [
            "notes.txt: neither an event log (EVTX), JSON, nor a zip, gzip or Zstandard file of these"
        ]
    );
    let (_, faults, _) = read("x", b"");
    assert_eq!(faults, ["x: the file is empty"]);
    let (_, faults, _) = read("x.xml", b"<Events>");
    assert_eq!(faults, ["x.xml: event XML is not read here"]);
}

#[test]
fn packed_files_are_read_through_every_layer() {
    let twice = gzip(&gzip(EVENT.as_bytes()));
    let archive = zip(&[("a.json", EVENT.as_bytes()), ("b.json.gz", &twice)]);
    let (documents, faults, _) = read("x.zip", &archive);
    assert_eq!((documents.len(), faults.len()), (2, 0));
    let mut nested = EVENT.as_bytes().to_vec();
    for _ in 0..6 {
        nested = gzip(&nested);
    }
    let (_, faults, _) = read("x.gz", &nested);
    assert_eq!(faults, ["x.gz: packed more than 4 times over"]);
}

#[test]
fn an_entry_that_is_no_recording_costs_only_itself() {
    let archive = zip(&[("README.txt", b"hi"), ("a.json", EVENT.as_bytes())]);
    let (documents, faults, _) = read("x.zip", &archive);
    assert_eq!(documents.len(), 1);
    assert!(
        faults[0].starts_with("x.zip/README.txt: neither"),
        "{faults:?}"
    );
    let inner = zip(&[("a.json", EVENT.as_bytes())]);
    let (_, faults, _) = read("x.zip", &zip(&[("inner.zip", &inner)]));
    assert!(
        faults[0].contains("a zip within another file"),
        "{faults:?}"
    );
}

#[test]
fn a_bomb_is_stopped() {
    let mut bomb = vec![b' '; 8 << 20];
    bomb[0] = b'[';
    for (name, packed) in [("x.gz", gzip(&bomb)), ("x.zip", zip(&[("b", &bomb)]))] {
        let (documents, faults, counts) = read_with(name, &packed, small());
        assert!(documents.is_empty());
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(counts.faults.keys().collect::<Vec<_>>(), [&"too large"]);
    }
}

#[test]
fn a_bomb_of_many_small_files_is_stopped_too() {
    let file = format!("{}\n{EVENT}", " ".repeat(60_000));
    let names: Vec<String> = (0..100).map(|number| format!("{number}.json")).collect();
    let entries: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), file.as_bytes()))
        .collect();
    let (_, faults, _) = read_with("x.zip", &zip(&entries), small());
    assert!(faults.iter().any(|fault| fault.contains("unpacks to more")));
}

#[test]
fn an_encrypted_entry_is_refused_in_clear_words() {
    let mut archive = zip(&[("a.json", EVENT.as_bytes())]);
    // The first bit of the flags, in the entry's header and in the list of entries.
    archive[6] |= 1;
    let list = archive
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    archive[list + 8] |= 1;
    let (documents, faults, _) = read("x.zip", &archive);
    assert!(documents.is_empty());
    assert_eq!(faults, ["x.zip/a.json: the entry is encrypted"]);
}

#[test]
fn a_damaged_archive_is_noticed() {
    let (_, faults, _) = read("x.zip", b"PK\x03\x04 and no more");
    assert!(faults[0].contains("list of entries"), "{faults:?}");
    let text = format!("{EVENT}\n").repeat(50);
    let mut packed = gzip(text.as_bytes());
    packed.truncate(packed.len() - 10);
    let (documents, faults, _) = read("x.gz", &packed);
    assert!(!documents.is_empty());
    assert_eq!(faults.len(), 1, "{faults:?}");
    let mut archive = zip(&[("a.json", text.as_bytes())]);
    let start = 30 + "a.json".len();
    archive[start + 20] ^= 0x55;
    let (_, faults, _) = read("x.zip", &archive);
    assert!(!faults.is_empty());
}

#[test]
fn an_event_that_is_too_large_costs_itself_and_an_endless_one_ends_the_file() {
    let value = |length| format!("{{\"a\":\"{}\"}}", "x".repeat(length));
    let text = format!(
        "{EVENT}\n{}\n{EVENT}\n{}\n{EVENT}",
        value(70_000),
        value(300_000)
    );
    let (documents, faults, counts) = read_with("x", text.as_bytes(), small());
    assert_eq!(documents.len(), 2);
    assert_eq!(
        faults,
        [
            "x:2: an event is larger than 0 MiB",
            "x:4: a JSON value is longer than 0 MiB"
        ]
    );
    assert_eq!(counts.faults["too large"], 2);
    let text = format!("[{EVENT},\n{}\n,{EVENT}]", value(70_000));
    let (documents, faults, _) = read_with("x", text.as_bytes(), small());
    assert_eq!((documents.len(), faults.len()), (2, 1), "{faults:?}");
}

#[test]
fn a_large_response_is_read_hit_by_hit() {
    let hit = format!("{{\"_id\":\"1\",\"_index\":\"i\",\"_source\":{EVENT}}}");
    let hits = vec![hit.as_str(); 1000].join(",");
    let response = format!("{{\"took\":1,\"hits\":{{\"hits\":[{hits}]}}}}");
    assert!(response.len() > 70_000);
    for text in [
        response.clone(),
        format!("[{response}]"),
        response.replace(',', ",\n"),
    ] {
        let (documents, faults, counts) = read_with("x", text.as_bytes(), small());
        assert_eq!((documents.len(), faults.len()), (1000, 0), "{faults:?}");
        assert_eq!(documents[0]["_index"], "i");
        assert_eq!(counts.forms[&EventForm::Response], 1000);
    }
}

#[test]
fn entries_of_a_zip_that_share_bytes_are_refused() {
    let mut archive = zip(&[("a.json", EVENT.as_bytes()), ("b.json", EVENT.as_bytes())]);
    let list: Vec<usize> = archive
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"PK\x01\x02")
        .map(|(position, _)| position)
        .collect();
    // The second entry is said to lie where the first one does.
    let (first, second) = (list[0] + 42, list[1] + 42);
    archive.copy_within(first..first + 4, second);
    let (documents, faults, _) = read("x.zip", &archive);
    assert!(documents.is_empty());
    assert_eq!(
        faults,
        ["x.zip: the zip's list of entries cannot be read: a.json and b.json share bytes"]
    );
}

#[test]
fn a_zip_of_too_many_entries_is_refused_before_its_list_is_read() {
    let mut archive = zip(&[("a.json", EVENT.as_bytes())]);
    let end = archive.len() - 22;
    assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
    archive[end + 8..end + 12].fill(0xff);
    let far = [
        &b"PK\x06\x06"[..],
        &[0; 28],
        &3_000_000_u64.to_le_bytes(),
        &[0; 16],
    ]
    .concat();
    let pointer = [
        &b"PK\x06\x07"[..],
        &[0; 4],
        &(end as u64).to_le_bytes(),
        &[1, 0, 0, 0],
    ]
    .concat();
    let large = [&archive[..end], &far, &pointer, &archive[end..]].concat();
    let (documents, faults, _) = read("x.zip", &large);
    assert!(documents.is_empty());
    assert_eq!(
        faults,
        ["x.zip: the zip's list of entries cannot be read: it has 3000000, more than 100000"]
    );
}

#[test]
fn a_form_that_is_asked_for_is_the_only_one() {
    let options = Options {
        form: Some(EventForm::EventTree),
        ..Options::default()
    };
    let (_, faults, _) = read_with("x", EVENT.as_bytes(), options);
    assert_eq!(faults, ["x:1: no event in the form event-tree"]);
}

#[cfg(feature = "evtx")]
#[expect(
    clippy::disallowed_methods,
    reason = "the recordings are read from disk"
)]
fn log() -> Option<Vec<u8>> {
    let file = captures()?.join("wmi_remote_registry_sysmon.evtx");
    Some(std::fs::read(file).unwrap())
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn a_log_that_is_cut_off_gives_the_records_before_the_cut() {
    let Some(log) = log() else { return };
    let (documents, faults, _) = read("x.evtx", &log[..4096 + 8000]);
    assert!((1..13).contains(&documents.len()), "{}", documents.len());
    let last = faults.last().unwrap();
    assert_eq!(
        last,
        "x.evtx, chunk 1: the last chunk is cut off after 8000 bytes"
    );
    let (documents, faults, _) = read("x.evtx", &log[..1000]);
    assert!(documents.is_empty());
    assert_eq!(
        faults,
        ["x.evtx: the last chunk is cut off after 1000 bytes"]
    );
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn of_a_chunk_without_a_header_the_records_are_read() {
    let Some(log) = log() else { return };
    let chunk = &log[4096..];
    // The end, in the last, is within the first record.
    for (damaged, byte) in [
        (0..8, 9),
        (0..128, 0),
        (0..512, 9),
        (32..40, 0),
        (49..50, 2),
    ] {
        let mut bad = chunk.to_vec();
        bad[damaged.clone()].fill(byte);
        let three = [&log[..4096], chunk, &bad, &vec![0; 65536], chunk].concat();
        let (documents, faults, counts) = read("x.evtx", &three);
        assert_eq!(documents.len(), 39, "{damaged:?}: {faults:?}");
        let words = "x.evtx, chunk 2: the chunk is damaged: its header is damaged; the 13 records";
        assert!(faults[0].starts_with(words), "{damaged:?}: {faults:?}");
        assert_eq!(counts.faults["damaged chunk"], faults.len() as u64);
    }
    let mut bad = chunk.to_vec();
    bad.fill(7);
    let (documents, faults, counts) = read("x.evtx", &[&log[..4096], &bad, chunk].concat());
    assert_eq!(documents.len(), 13);
    assert!(
        faults[0].starts_with("x.evtx, chunk 1: the chunk cannot be read"),
        "{faults:?}"
    );
    assert_eq!(counts.faults["unreadable chunk"], 1);
}

/// Makes the header of the first chunk end after this many records.
#[cfg(feature = "evtx")]
fn end_after(log: &mut [u8], listed: usize) {
    let records: Vec<usize> = log
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"\x2a\x2a\0\0")
        .map(|(position, _)| position)
        .collect();
    let id = log[records[listed - 1] + 8..][..8].to_vec();
    log[4096 + 32..4096 + 40].copy_from_slice(&id);
    let end = u32::try_from(records[listed] - 4096).unwrap();
    log[4096 + 48..4096 + 52].copy_from_slice(&end.to_le_bytes());
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn records_behind_the_end_that_a_stale_header_names_are_read() {
    let Some(mut log) = log() else { return };
    end_after(&mut log, 5);
    let (documents, faults, _) = read("x.evtx", &log);
    assert_eq!(documents.len(), 13);
    assert_eq!(
        faults,
        [
            "x.evtx, chunk 1: the chunk is damaged: its header is stale; 8 records after the end \
          given in the header were read"
        ]
    );
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn records_of_an_earlier_use_of_a_chunk_are_counted() {
    const EARLIER: &str = "record of an earlier use of its chunk";
    let Some(mut log) = log() else { return };
    let before = read("x.evtx", &log).2.left_out[EARLIER];
    end_after(&mut log, 5);
    let sixth = log
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"\x2a\x2a\0\0")
        .nth(5)
        .unwrap();
    let place = sixth.0 + 8;
    log[place..place + 8].copy_from_slice(&3_u64.to_le_bytes());
    let (documents, faults, counts) = read("x.evtx", &log);
    assert_eq!((documents.len(), faults.len()), (5, 0), "{faults:?}");
    assert_eq!(counts.left_out[EARLIER], before + 8);
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn a_damaged_record_costs_itself() {
    let Some(mut log) = log() else { return };
    let records: Vec<usize> = log
        .windows(4)
        .enumerate()
        .filter(|(_, bytes)| bytes == b"\x2a\x2a\0\0")
        .map(|(position, _)| position)
        .collect();
    log[records[6]..records[6] + 4].fill(0xff);
    let (documents, faults, _) = read("x.evtx", &log);
    assert_eq!(documents.len(), 12, "{faults:?}");
    assert!(faults[0].contains("record"), "{faults:?}");
}

#[cfg(feature = "evtx")]
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn a_log_without_its_header_is_still_a_log() {
    let Some(mut log) = log() else { return };
    log[..4096].fill(0);
    let (documents, faults, _) = read("x.evtx", &log);
    assert_eq!((documents.len(), faults.len()), (13, 0), "{faults:?}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(
        magic in prop::sample::select(vec![
            &b""[..], b"ElfFile\0", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"[", b"{",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let bytes = [magic, &bytes].concat();
        read("x", &bytes);
        Import::stream("x", &bytes[..], small()).count();
    }

    #[test]
    fn no_json_makes_a_converter_panic(
        id in prop::sample::select(vec![1, 3, 7, 8, 13, 22, 23, 4104, 4624, 4625, 4657, 4688, 5145]),
        provider in prop::sample::select(vec![
            "Microsoft-Windows-Sysmon", "Microsoft-Windows-Security-Auditing",
            "Microsoft-Windows-PowerShell",
        ]),
        name in prop::sample::select(vec![
            "CommandLine", "Image", "Hashes", "TargetObject", "Details", "QueryResults", "User",
            "UtcTime", "ObjectName", "NewProcessId", "TargetFilename", "Path", "Keywords",
        ]),
        value in "\\PC{0,30}|[\\\\ \"=,;:x0-9a-f()-]{0,30}|(DWORD|QWORD) \\(0x[0-9a-f]{0,12}-?0x[0-9a-f]{0,12}\\)",
    ) {
        let event = serde_json::json!({
            "EventID": id, "SourceName": provider, "@timestamp": "2024-01-01T00:00:00Z",
            "Hostname": &value, "EventTime": &value, name: &value,
        });
        let (documents, faults, _) = read("x", event.to_string().as_bytes());
        prop_assert_eq!(documents.len() + faults.len(), 1);
    }

    #[cfg(feature = "evtx")]
    #[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
    fn no_damage_to_a_log_makes_a_reader_panic(
        damage in prop::collection::vec((0_usize..69_632, any::<u8>()), 1..40),
        early in prop::collection::vec((4096_usize..12_000, any::<u8>()), 0..40),
    ) {
        if let Some(mut log) = log() {
            for (position, byte) in damage.into_iter().chain(early) {
                if let Some(place) = log.get_mut(position) {
                    *place = byte;
                }
            }
            read("x.evtx", &log);
        }
    }
}
