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
        "There is nothing at this path. Paths on the command line are relative to the working\ndirectory; paths in trapline.toml to the directory that holds it.\n";
    BAD_CONFIG = "E010", "trapline.toml cannot be read",
        "The file is no TOML, or a key has a value of the wrong kind.\n\n```toml\n[[project]]\nrules = [\"rules\"]\nscenarios = \"scenarios\"\n```\n";
    UNKNOWN_KEY = "E011", "unknown key in trapline.toml",
        "The configuration has no such key; the nearest known one is given. `trapline schema config`\nprints the schema of the file.\n\n```toml\n[[project]]\nrules = [\"rules\"]\nscenarios = \"scenarios\"\n\n[test]\nformat = [\"human\", \"junit=report.xml\"]\nstrict = true\n\n[gates]\nrequire-tested = \"changed\"   # all, changed or none\nmin-cases = 2\n\n[check]\ndeny = [\"contradiction\"]\nallow = [\"attack-id\"]\n\n[files]\nallow = [\"../shared\"]\n\n[limits]\nesql-mib = 512             # memory of the groups and rows of an ES|QL query\nevents-from = 1000000      # events of one `events_from`\nevents-from-mib = 256      # memory that they take\nunpack-ratio = 300         # times its size that a packed file unpacks to\nunpacked-mib = 65536       # bytes that it unpacks to\n\n[coverage]\nmin = 90\n\n[mutate]\nmin = 80\noperators = [\"drop\", \"negate\"]\n```\n";
    IGNORED = "W004", "a file is hidden by an ignore file",
        "A `.gitignore` or `.ignore` hides rules or scenarios, so they are neither checked nor run. Take them\nout of the ignore file, or move what is not to be run to another directory. Under `--strict` it is\nan error: a change that adds an ignore file must not make a broken rule pass.\n";
    NOTHING_SELECTED = "E013", "nothing was selected",
        "No check fits the paths, `-k` and `--source`. A filter that matches nothing is an error, so\nthat a typo does not look like success. `trapline test --list` shows what there is.\n";
    NO_CHECK = "E024", "a scenario has no check",
        "Nothing of the scenario runs, so nothing of its rule is tested: no data source serves the\nrule's index patterns, or `sources`, `only` and the expectations leave no case for any source.\n\n```yaml\nskip: the data source has no shape yet\nattack: …\n```\n\n`skip` in the scenario says that this is meant; its rule then counts as untested.\n";
}
