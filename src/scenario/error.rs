//! The codes of what can be wrong with a scenario file: `E3…`.
use crate::diagnostic::Code;
macro_rules! codes { ($($n:ident = $num:literal),+ $(,)?) => { $( #[allow(missing_docs)] pub const $n: &Code = &Code { number: $num, title: "x", page: "" }; )+ pub const CODES: &[&Code] = &[$($n),+]; } }
codes! { SYNTAX="E301", TAB="E302", BACKSLASH="E303", LIMIT="E304", EMPTY="E305", DUPLICATE="E306",
UNKNOWN_KEY="E310", MISSING="E311", SHAPE="E312", UNKNOWN_NAME="E313", EACH="E314", UNKNOWN_LABEL="E315", UNKNOWN_SOURCE="E316", DURATION="E317", RESERVED="E318",
EXPECTATION="E320", CONTRADICTION="E321", UNKNOWN_FIELD="E330", FIELD_ELSEWHERE="E331", TYPE="E332", YAML_WORD="E333", UNKNOWN_KIND="E334" }
