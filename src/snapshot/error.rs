//! Error codes of snapshot files: `E5…`.

use crate::diagnostic::Code;

/// Two branches changed the file and git could not merge them.
pub static CONFLICT: Code = Code {
    number: "E501",
    title: "merge conflict in a snapshot",
    page: "The file holds the markers that git leaves where two branches changed the same lines.\n\
        A snapshot is made by Trapline, so there is nothing to merge by hand: let it be rebuilt\n\
        and look at the difference.\n\n\
        ```text\n\
        trapline test scenarios/windows/a.yaml --accept=all\n\
        git diff scenarios/windows/__snapshots__/a.snap\n\
        ```\n\n\
        A check that contradicts its expectation still fails; rebuilding accepts none of those.\n",
};

/// A line that no snapshot has.
pub static MALFORMED: Code = Code {
    number: "E502",
    title: "not a snapshot",
    page: "The file does not read as a snapshot: front matter between `---` lines, the rule's line,\n\
        then for each case a line `# CASE` and entries of indented facts.\n\n\
        Snapshots are written by Trapline and reviewed by people; they need not be edited. Rebuild\n\
        the file with `trapline test SCENARIO --accept=all` and look at the difference.\n",
};

/// A snapshot whose scenario is gone.
pub static UNREFERENCED: Code = Code {
    number: "E503",
    title: "snapshot without a scenario",
    page: "No scenario file belongs to this snapshot: the scenario was removed or renamed. Remove\n\
        the snapshot, or rename it with its scenario: `scenarios/windows/a.yaml` belongs to\n\
        `scenarios/windows/__snapshots__/a.snap`.\n",
};

/// A wish for `--accept` that names nothing.
pub static BAD_ACCEPT: Code = Code {
    number: "E504",
    title: "nothing can be accepted by this name",
    page: "`--accept` takes classes of change (`lost`, `new`, `split`, `reason`, `content`, `added`,\n\
        `removed`, or `all`), separated by commas, or KEYs as a run prints them\n\
        (`SCENARIO::CASE[SOURCE]`). Without a list it takes `reason`, `content` and `added`.\n",
};

/// All codes of this room.
pub const CODES: &[&Code] = &[&CONFLICT, &MALFORMED, &UNREFERENCED, &BAD_ACCEPT];
