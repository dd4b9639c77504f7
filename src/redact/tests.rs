//! Laws and examples of the stand-ins.

use super::*;
use crate::event::{Event, Scalar};
use proptest::prelude::*;

fn learned(fields: &[(&str, &str)]) -> Redactor {
    let mut event = Event::default();
    for (path, value) in fields {
        event.push(path, Scalar::text(*value));
    }
    let mut redactor = Redactor::new(
        r#"process where process.name : "Payroll.exe" and user.id != "S-1-5-21-9-9-9-1000""#,
    );
    redactor.learn(&event);
    redactor
}

#[test]
fn names_get_stand_ins_of_their_kind_wherever_they_stand() {
    let mut redactor = learned(&[
        ("host.name", "WORKSTATION6.theshire.local"),
        ("user.name", "nmartha"),
        ("user.domain", "THESHIRE"),
    ]);
    let mut redact = |text: &str| redactor.redact("process.command_line", text);
    assert_eq!(redact(r"C:\Users\NMartha\a.exe"), r"C:\Users\user-1\a.exe");
    assert_eq!(redact(r"THESHIRE\nmartha"), r"CORP-1\user-1");
    assert_eq!(
        redact("ping workstation6.theshire.local"),
        "ping host-1.corp-1.example"
    );
    assert_eq!(redact("nmarthas stays"), "nmarthas stays");
    assert_eq!(redact(r"dir \\FILES03\c$"), r"dir \\host-2\c$");
    assert_eq!(redact("/home/pippin/x"), "/home/user-2/x");
    assert_eq!(
        redact("mail frodo@shire.org now"),
        "mail mail-1@mail.example now"
    );
}

#[test]
fn addresses_and_ids_keep_their_kind() {
    let mut redactor = learned(&[]);
    let mut redact = |text: &str| redactor.redact("x", text);
    assert_eq!(redact("172.18.39.5"), "172.31.255.1");
    assert_eq!(
        redact("10.1.2.3 and 192.168.1.1"),
        "10.255.0.1 and 192.168.255.1"
    );
    assert_eq!(redact("http://8.8.8.8:80/"), "http://203.0.113.1:80/");
    assert_eq!(redact("fe80::a1b2:c3d4"), "fe80::1");
    assert_eq!(
        redact("S-1-5-21-3940915590-64593676-1414006259-1104"),
        "S-1-5-21-1001-1177-6820-1101"
    );
    assert_eq!(
        redact("S-1-5-21-3940915590-64593676-1414006259-500"),
        "S-1-5-21-1001-1177-6820-500"
    );
    assert_eq!(
        redact("{3fa85f64-5717-4562-b3fc-2c963f66afa6}"),
        "{00000000-0000-4000-8000-000000000001}"
    );
}

#[test]
fn what_is_nobodys_and_what_the_rule_names_stays() {
    let mut redactor = learned(&[
        ("user.name", "SYSTEM"),
        ("winlog.event_data.User", r"NT AUTHORITY\SYSTEM"),
        ("host.name", "payroll"),
    ]);
    for text in [
        "S-1-5-18",
        "S-1-5-32-544",
        "S-1-5-21-9-9-9-1000",
        "127.0.0.1",
        "0.0.0.0",
        "203.0.113.7",
        "2001:db8::7",
        "10.0.18362.1",
        "12:30:45",
        r"NT AUTHORITY\SYSTEM",
        r"C:\Users\Public\a",
        "payroll.exe",
        "",
    ] {
        assert_eq!(redactor.redact("x", text), text);
    }
    assert_eq!(redactor.replaced(), []);
}

#[test]
fn a_public_address_is_none_of_documentation_where_the_rule_tells_them_apart() {
    let query = r#"network where not cidrmatch(destination.ip, "203.0.113.0/24", "10.0.0.0/8")"#;
    let mut redactor = Redactor::new(query);
    for (address, pseudonym) in [
        ("8.8.8.8", "1.1.1.1"),
        ("1.1.1.1", "1.1.1.1"),
        ("203.0.113.9", "203.0.113.9"),
        ("10.1.2.3", "10.255.0.1"),
        ("2a00:1450::5", "2606:4700:4700::1"),
    ] {
        assert_eq!(redactor.redact("destination.ip", address), pseudonym);
    }
}

#[test]
fn a_pseudonym_that_makes_an_address_with_its_neighbour_is_replaced_again() {
    let once = learned(&[]).redact("x", "0:::0.0.0.7");
    assert_eq!(learned(&[]).redact("x", &once), once);
}

#[test]
fn the_report_names_what_was_met() {
    let mut redactor = learned(&[("user.name", "frodo"), ("host.name", "BAGEND")]);
    redactor.redact("x", "FRODO at 8.8.4.4");
    let report: Vec<String> = redactor
        .replaced()
        .into_iter()
        .map(|one| format!("{} {} {}", one.kind.word(), one.original, one.pseudonym))
        .collect();
    assert_eq!(report, ["user frodo user-1", "address 8.8.4.4 203.0.113.1"]);
}

/// A text with names, addresses and what looks like them.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("frodo".to_owned()),
        Just("BAGEND".to_owned()),
        Just("bagend.shire.local".to_owned()),
        Just(r"C:\Users\samwise\".to_owned()),
        Just(r"\\MORDOR\c$".to_owned()),
        Just("user-1".to_owned()),
        Just("corp-1.example".to_owned()),
        Just("S-1-5-21-1-2-3-1105".to_owned()),
        Just("gandalf@istari.org".to_owned()),
        (0_u8..=255, 0_u8..=255, 0_u8..=255).prop_map(|(a, b, c)| format!("{a}.{b}.{c}.7")),
        "[a-f0-9:]{2,12}",
        "[ -~é]{0,6}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn redacting_twice_is_redacting_once(text in text()) {
        let names = [("user.name", "frodo"), ("host.name", "BAGEND.shire.local")];
        let once = learned(&names).redact("x", &text);
        prop_assert_eq!(learned(&names).redact("x", &once), once);
    }

    #[test]
    fn no_original_is_left_and_the_same_is_the_same(text in text()) {
        let mut redactor = learned(&[("user.name", "frodo"), ("host.name", "BAGEND.shire.local")]);
        let once = redactor.redact("x", &text);
        prop_assert_eq!(&redactor.redact("x", &text), &once);
        let folded = once.to_lowercase();
        for replaced in redactor.replaced() {
            let original = &replaced.original;
            let left = folded
                .match_indices(original.as_str())
                .any(|(at, _)| words::boundary(&folded, at, original.len()) && is_whole(&folded, at, original));
            prop_assert!(!left, "{} is left in {}", original, once);
        }
    }
}

/// Whether the original stands there for itself: `1.2.3.7` within `11.2.3.7` or `1.2.3.77` does
/// not, and neither does one after a dot.
fn is_whole(text: &str, at: usize, original: &str) -> bool {
    let around = |character: char| ".-@:%+".contains(character);
    let before = text[..at].chars().next_back();
    let after = text[at + original.len()..].chars().next();
    !before.is_some_and(around) && !after.is_some_and(around)
}
