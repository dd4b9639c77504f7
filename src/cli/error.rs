//! Errors between the user, the disk and the program: the codes `E0…`, and [`Problem`], which
//! carries diagnostics to the exit code.

use super::ExitCode;
use crate::diagnostic::{Code, Diagnostic};
pub use crate::project::error::{MISSING, NOTHING_SELECTED};

/// Why a command cannot go on.
#[derive(Debug)]
pub struct Problem {
    /// How the program ends.
    pub exit: ExitCode,
    /// What to say, at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl Problem {
    /// One diagnostic and how the program ends with it.
    pub fn new(exit: ExitCode, diagnostic: Diagnostic) -> Box<Self> {
        Box::new(Self {
            exit,
            diagnostics: vec![diagnostic],
        })
    }

    /// A mistake on the command line or in the configuration.
    pub fn usage(diagnostic: Diagnostic) -> Box<Self> {
        Self::new(ExitCode::Usage, diagnostic)
    }
}

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
    DIRECTORY = "E002", "expected a file, found a directory",
        "The path names a directory. `trapline test` takes directories; single files have to be\nfiles.\n";
    NOT_UTF8 = "E003", "a file is not UTF-8",
        "Rules, scenarios and snapshots are UTF-8 text. The place of the first byte that is none is\ngiven; convert the file, for example with `iconv -t utf-8`.\n";
    TOO_LARGE = "E004", "a file is too large",
        "Rules, scenarios and snapshots are refused above 16 MiB, before they are read. Events of\nthat size belong into a capture that the scenario names with `events_from`.\n";
    UNREADABLE = "E005", "a file cannot be read",
        "The system refused to read the file; its own reason is given.\n";
    UNWRITABLE = "E006", "a file cannot be written",
        "The system refused to write the file; its own reason is given. A file is written beside the\nold one and then renamed, so the old one is still whole.\n";
    BROKEN_ARCHIVE = "E007", "a compressed file is broken",
        "The file ends in `.gz` or `.zst`, and what it holds does not unpack.\n";
    OUTSIDE = "E008", "a path leads out of the project",
        "Rules, scenarios, exception lists, captures and the configuration may come from somebody else.\nSo the paths in them, and links, lead to files inside the project's root only, and nothing is\nwritten through a link. Paths on the command line may lead anywhere, but a link\ninside the project that is named there leads to recordings only. A directory outside is allowed by\n`--allow-dir DIR`, or by the root's trapline.toml:\n\n```toml\n[files]\nallow = [\"../captures\"]\n```\n";
    FILE_EXISTS = "E034", "a file exists",
        "`trapline sources learn -o FILE` replaces no file unless `--overwrite` asks for it.\n";
    BAD_PARQUET = "E028", "a Parquet file cannot be read",
        "A file that begins with `PAR1` is read as Parquet where the program is built with the feature\n`parquet` (`cargo install trapline --features parquet`). One column of text or bytes holds JSON\ndocuments: the one that `--raw-column NAME` names; else `_source`; else, where no column is\n`@timestamp`, the only such column or one that is named `raw`, `message` or alike. Otherwise columns\nare fields, nested or dotted. A column of bytes, of durations or of times of the day is no field of\na document. A file that is damaged is read as far as it goes.\n";
    NO_OBJECTS = "E029", "object storage cannot be read",
        "An address as `s3://BUCKET/PREFIX/` (also `s3a`, `gs`, `az`, `azure`, `abfs` and `abfss`) names an object\nor all objects below a prefix. It is read where the program is built with the feature `object-store`\n(`cargo install trapline --features object-store,parquet`). Credentials, region and endpoint come\nfrom the environment: `AWS_…`, `GOOGLE_…`, `AZURE_…`. The reason of the service is given.\n";
    TABLE = "E030", "a directory is a table of Delta or Iceberg",
        "The directory of a Delta or Iceberg table holds files that the table has replaced or deleted, so\nreading all of them would give alerts on events that the table does not have. The table's log tells\nwhich files count: Spark and other engines list them, and `trapline scan` takes that list.\n";
    BAD_NAME = "E035", "no name of a data source",
        "Scenarios name a data source by lower-case letters, digits and `_`: `acme_proxy`.\n";
    TOO_MUCH_TO_LEARN = "E036", "a recording has too many fields",
        "`trapline sources learn` keeps 10,000 fields, indices and kinds of event. A recording with more has\nfield names that are made of values; an index with such a mapping is refused by Elasticsearch, too.\n";
    BAD_STAGE_HITS = "E025", "a file of stage hits cannot be used",
        "`trapline scan --from-stage-hits` reads what `trapline scan --stage-hits` wrote with the same\nrules and exceptions and the same version of Trapline. Another file, or one that is cut off, is\nrefused: its alerts would be wrong. So is one that `--owners` wrote for another machine than\n`--owner` names.\n";
    NO_FILE = "E009", "expected a file, found a pipe or a device",
        "Reading a pipe or a device may never end. Only files that are named on the command line may be\npipes.\n";
    CI_ACCEPTS_NOTHING = "E012", "nothing is accepted in CI",
        "With `CI` set nothing is written, so `--accept` would do nothing. Accept at home and commit\nthe snapshot.\n";
    BAD_TIME = "E014", "a time cannot be read",
        "A time on the command line is an ISO date with or without time and offset\n(`2024-01-31T12:00:00Z`), or the milliseconds since 1970.\n";
    BAD_MAPPING = "E015", "a mapping cannot be read",
        "The file given with `--mapping` is not what Elasticsearch answers to `GET INDEX/_mapping`.\n\n```json\n{\"INDEX\": {\"mappings\": {\"properties\": {\"user.name\": {\"type\": \"keyword\"}}}}}\n```\n\nTaken as well are `{\"mappings\": …}` and `{\"properties\": …}`.\n";
    BAD_EVENT = "E016", "a line is no event",
        "Events are read as NDJSON: each line is one JSON object in UTF-8, of at most 16 MiB.\nElasticsearch would refuse such a document, so there is no answer until the line is mended.\n";
    QUERY_FAILED = "E017", "the query fails when it runs",
        "Elasticsearch accepts the query and fails when it runs it on these events: a division by\nzero, an overflow, `number()` of a text that is none, a constant that the field's type cannot\nhold.\n";
    NOT_WATCHED = "E023", "files cannot be watched",
        "`trapline test --watch` asks the system to be told of saves, and the system refused: on Linux\noften for the limit `fs.inotify.max_user_watches`.\n";
    BAD_RECORDING = "E040", "a part of a recording cannot be read",
        "A file given to `trapline import` is damaged, cut off, packed in a way that is not read, or\nholds something that is no event. What can be read is read; the rest is counted and named, and\nthe program ends with 3. The place is a line, an item of a JSON array, or a chunk or record of an\nevent log.\n";
    UNKNOWN_FORM = "E041", "unknown form of events",
        "`trapline import --source` takes the name of a form. Without it each object says itself what\nit is.\n";
    NO_SCENARIO = "E042", "a recording gives no scenario",
        "`trapline import --minimise` writes the smallest scenario that tells of a rule what the\nrecordings tell: that it alerts, or with `--as benign` that it does not, and why. It writes\nnothing that it has not replayed: where the rule does something else, or the shape of the data\nsource has no room for what decides, it says so instead.\n";
    NOT_SOLVED = "E043", "no scenario was found for a rule",
        "`trapline new` looks for events that the rule alerts on, in the shape of each data source that\nthe rule claims, and writes nothing that it has not replayed. For this rule it found none; the\nreason is given by source. Write the attack by hand, or take it from a recording with\n`trapline import --minimise`; `trapline new --fill-coverage` then adds cases to it.\n";
    SCENARIO_EXISTS = "E044", "the rule has a scenario already",
        "`trapline new` writes a first scenario and never changes one that is there. Give another file\nwith `-o`, or `--fill-coverage` to add the cases that the scenario lacks.\n";
    NOT_EXTENDED = "E045", "no case can be added to a scenario file",
        "`trapline new --fill-coverage` puts its cases at the end of the file, so that no byte of what is\nthere changes. That needs a last scenario whose attack is written out and whose `cases`, if it\nhas any, are its last key with an item a line.\n";
    CHOICES_EXCLUDE = "E046", "choices of import that exclude each other",
        "`trapline import --as` chooses whose documents are made, `integration` or `winlogbeat`, and\nwith `--minimise` what the scenario shows, `attack` or `benign`: at most one of each pair.\n";
    BAD_RESPONSE = "E047", "a line is no answer of a cluster",
        "`trapline compare` reads NDJSON: each line is a request as `trapline scan --emit-requests` wrote it, with\nthe HTTP status as `status` and the body of the answer as `response`. A line that is none is named,\nthe others are compared, and the program ends with 3.\n\n```json\n{\"id\": \"f3475224-b179-4f78-8877-c2bd64c26b88:1b2c3d4e5f60\", \"status\": 200, \"response\": {\"hits\": {\"events\": []}}}\n```\n";
    MALFORMED_VALUE = "W001", "a value does not fit its field",
        "The field's mapping does not take the value: a word in a number, no address in an `ip`.\nElasticsearch refuses the whole document, so no search finds it. With `ignore_malformed`, and\nwhere the type is only assumed (no `--mapping`), the value alone is left out.\n";
    UNKNOWN_INDEX = "W002", "no mapping of the event's index",
        "The event's `_index` is none of the indices that `--mapping` describes. The event is read\nwith the first mapping.\n";
    NO_DOCUMENTS = "E027", "no documents are given",
        "`query` runs over the documents of its FILEs, and none is given. Only an ES|QL query that
begins with ROW makes its own rows.

```console
$ trapline query 'process where true' events.ndjson
$ trapline query --language esql 'ROW a = 1 | EVAL b = a + 1'
```
";
    UNKNOWN_LINT = "E018", "unknown lint",
        "`--deny`, `--allow` and `[check]` in trapline.toml take the names of lints; the nearest known\none is given. `docs/lints/` has a page on each.\n";
    NO_REVISION = "E021", "git does not know a revision",
        "`--in-diff` asks the `git` program which lines differ from a revision, what is not committed\nincluded. It needs `git`, a repository around the project, and a branch, a tag or a commit of\nit.\n";
    QUERY_WARNING = "W006", "a warning of an ES|QL query",
        "Elasticsearch answers the query with this warning: an expression failed on a row and was read
as null, a column hides another one, or the answer was cut. The rows are right all the same; the
warning says what they do not hold.
";
    UNCERTAIN_OPTIONAL = "W007", "what a query finds is open",
        "The query has an optional field (`?field`) that no mapping has, beside something else than\n`==`, `!=` or a null check. Elasticsearch's optimizer folds that to null, by its code, and a\nnull takes a whole `and` with it; whether it does so on a cluster is not settled. The answer\ntakes the field for missing, as where it is mapped. `--optional folded` gives the other one.\n\nWrite `?field == \"x\"`, or give a mapping that has the field.\n";
    UNTIMED_EVENT = "W003", "an event has no time",
        "The document has no value in the timestamp field, or none that the field's mapping reads as a\ndate. Every search is in the order of time, so such a document is in none.\n\nTaken by default are ISO dates (`2024-01-31`, `2024-01-31T12:00:00.000+01:00`) and the\nmilliseconds since 1970; `--mapping` gives a field another format, `--timestamp-field` names\nanother field.\n";
    OUTPUT_LOST = "E022", "standard output could not be written",
        "The system refused to take what was to be written to standard output, most often because the\ndisk is full; its own reason is given. What has been written is not whole. A reader that goes\naway, as in `trapline … | head`, is no error.\n";
    INTERNAL = "E019", "a mistake in Trapline",
        "Something that ships with Trapline is broken; please report it with the message.\n";
}
