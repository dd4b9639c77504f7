//! Runs the command line and exits with its code.

fn main() -> std::process::ExitCode {
    trapline::run_command_line(std::env::args_os())
}
