//! One call of a tool: its parameters as a command line, run in this process with its output in
//! memory. Paths stay within the project's root, which no person widens here.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Component, Utf8Path};
use serde_json::{Map, Value, json};

use super::super::args::{Args, Color, Global};
use super::super::settings::Settings;
use super::super::{Console, ExitCode, commands, guarded};
use super::tools::{Kind, Parameter, TOOLS, Tool};
use crate::json_rpc::{INVALID_PARAMS, RpcError};

/// So much output is kept; a recording may be of any size.
const KEPT: usize = 4 << 20;

/// Calls a tool. Parameters that are not those of the tool are a fault; whatever the verb says is
/// the tool's own result.
pub(in crate::cli) fn call(params: &Value, settings: &Settings) -> Result<Value, RpcError> {
    let name = params.get("name").and_then(Value::as_str).unwrap_or("");
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| invalid(format!("there is no tool `{name}`")))?;
    let none = Map::new();
    let given = params.get("arguments").and_then(Value::as_object);
    let line = command_line(tool, given.unwrap_or(&none), settings)?;
    let args = Args::of_line(&line).map_err(|error| invalid(error.to_string()))?;
    Ok(run(&args, settings))
}

fn invalid(message: impl Into<String>) -> RpcError {
    RpcError::new(INVALID_PARAMS, message)
}

/// What a person would type.
fn command_line(
    tool: &Tool,
    given: &Map<String, Value>,
    settings: &Settings,
) -> Result<Vec<String>, RpcError> {
    let known = |name: &String| tool.parameters.iter().any(|one| one.name == *name);
    if let Some(name) = given.keys().find(|name| !known(name)) {
        let message = format!("`{}` has no parameter `{name}`", tool.name);
        return Err(invalid(message));
    }
    let mut line: Vec<String> = vec!["trapline".to_owned()];
    line.extend(tool.verb.iter().map(|word| (*word).to_owned()));
    let mut bare = Vec::new();
    let is_to_standard_output = tool.name == "reduce_recording" && !given.contains_key("output");
    if is_to_standard_output {
        line.push("--output=-".to_owned());
    }
    for parameter in tool.parameters {
        let Some(value) = given.get(parameter.name).filter(|value| !value.is_null()) else {
            if parameter.is_required {
                let message = format!("`{}` needs `{}`", tool.name, parameter.name);
                return Err(invalid(message));
            }
            continue;
        };
        for text in texts(parameter, value)? {
            // A word that stands by itself may be taken for a file as well.
            let is_bare = parameter.option.is_empty() && parameter.kind != Kind::Switch;
            if is_bare || parameter.kind == Kind::Path {
                inside(&text, settings)?;
            }
            if parameter.option == "--output" {
                keeps_files(tool, &text, settings)?;
            }
            match (parameter.kind, parameter.option) {
                (Kind::Switch, option) => line.push(option.to_owned()),
                (_, "") => bare.push(text),
                (_, "-k") => line.extend(["-k".to_owned(), text]),
                (_, option) => line.push(format!("{option}={text}")),
            }
        }
    }
    // Nothing behind this is taken for an option.
    line.push("--".to_owned());
    line.extend(bare);
    Ok(line)
}

/// The texts of a parameter, none for a switch that is off.
fn texts(parameter: &Parameter, value: &Value) -> Result<Vec<String>, RpcError> {
    let wrong = || invalid(format!("`{}` is of another type", parameter.name));
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(wrong);
    match (parameter.kind, value) {
        (Kind::Switch, Value::Bool(is_set)) => Ok(is_set.then(String::new).into_iter().collect()),
        (Kind::Switch, _) => Err(wrong()),
        (Kind::Paths, Value::Array(values)) => values.iter().map(text).collect(),
        (Kind::Paths | Kind::Path | Kind::Text, value) => Ok(vec![text(value)?]),
    }
}

/// Refuses a path that leads out of the root: by itself, or by links on the way. The file of a KEY
/// is what stands before its `::`.
fn inside(typed: &str, settings: &Settings) -> Result<(), RpcError> {
    let outside = || invalid(format!("`{typed}` is outside of the project"));
    let path = typed.split("::").next().unwrap_or(typed);
    if path.contains(['*', '?']) {
        return Err(invalid(format!("`{typed}` is a pattern; name the files")));
    }
    let root = settings.files.root();
    let mut depth = 0_usize;
    let relative = Utf8Path::new(path);
    let relative = relative.strip_prefix(root).unwrap_or(relative);
    for part in relative.components() {
        match part {
            Utf8Component::Normal(_) => depth += 1,
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => depth = depth.checked_sub(1).ok_or_else(outside)?,
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return Err(outside()),
        }
    }
    let real_root = settings.files.real(Utf8Path::new("")).ok_or_else(outside)?;
    let path = root.join(relative);
    let mut existing = path
        .ancestors()
        .filter_map(|above| settings.files.real(above));
    let real = existing.next().ok_or_else(outside)?;
    if real.starts_with(real_root) {
        Ok(())
    } else {
        Err(outside())
    }
}

/// Refuses an output that would destroy what is there: events go to a new file, a scenario into a
/// scenario file, behind what it says.
fn keeps_files(tool: &Tool, typed: &str, settings: &Settings) -> Result<(), RpcError> {
    if typed == "-" {
        return Ok(());
    }
    let path = Utf8Path::new(typed);
    let path = path.strip_prefix(settings.files.root()).unwrap_or(path);
    let mut parts = path.components().map(|part| part.as_str());
    if parts.any(|part| part.starts_with('.') && part != ".") {
        return Err(invalid(format!("`{typed}` is hidden; name another file")));
    }
    if tool.name == "reduce_recording" {
        return match path.extension() {
            Some("yaml" | "yml") => Ok(()),
            _ => Err(invalid(format!("`{typed}` is no scenario file (.yaml)"))),
        };
    }
    if settings.files.exists(path) {
        let message = format!("`{typed}` exists already; name a new file");
        return Err(invalid(message));
    }
    Ok(())
}

/// Runs a command line; what it printed, and how it ended.
fn run(args: &Args, settings: &Settings) -> Value {
    let (out, err) = (Kept::default(), Kept::default());
    let mut console = Console::to(Box::new(out.clone()), Box::new(err.clone()));
    // Read again each time: rules and configuration change while an assistant works.
    let global = Global {
        root: Some(settings.files.root().to_owned()),
        color: Color::Never,
        ..Global::default()
    };
    let exit = match Settings::at(settings.files.root(), &global, settings.ci) {
        Ok(settings) => guarded(&mut console, |console| {
            commands::run(&args.verb, &settings, console)
        }),
        Err(problem) => console.problem(&problem),
    };
    let exit = console.close(exit);
    let (text, messages) = (out.text(), err.text());
    let report = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let result = json!({
        "exit_code": exit.number(),
        "report": report,
        "messages": messages,
    });
    let is_error = matches!(exit, ExitCode::Usage | ExitCode::Internal);
    json!({
        "content": [{"type": "text", "text": format!("{result:#}")}],
        "structuredContent": result,
        "isError": is_error,
    })
}

/// Output in memory, up to a bound.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if bytes.len() >= KEPT {
            text.push_str("\n… more is not shown; write it to a file with `output`");
        }
        text
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(&[]));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
