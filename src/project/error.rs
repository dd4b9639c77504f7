//! The diagnostics of loading and running a project.

use crate::diagnostic::Code;

macro_rules! codes {
    ($($name:ident = $number:literal, $title:literal, $page:literal;)*) => {
        $(#[doc = $title] pub static $name: Code = Code {
            number: $number,
            title: $title,
            page: $page,
        };)*
        /// All codes of this room.
        pub const CODES: &[&Code] = &[$(&$name),*];
    };
}

codes! {
    MISSING = "E001", "a file does not exist",
        "Nothing stands at this path. Paths on the command line are relative to the working\ndirectory; paths in trapline.toml to the directory that holds it.\n";
    BAD_CONFIG = "E010", "trapline.toml cannot be read",
        "The file is no TOML, or a key has a value of the wrong kind.\n\n```toml\n[[project]]\nrules = [\"rules\"]\nscenarios = \"scenarios\"\n```\n";
    UNKNOWN_KEY = "E011", "unknown key in trapline.toml",
        "The configuration has no such key; the nearest known one is given. Known are `project`, with\n`rules` and `scenarios`, `check`, with `deny` and `allow`, and `files`, with `allow`.\n";
    NOTHING_SELECTED = "E013", "nothing was selected",
        "No check fits the paths, `-k` and `--source`. A filter that matches nothing is an error, so\nthat a typo does not look like success. `trapline test --list` shows what there is.\n";
}
