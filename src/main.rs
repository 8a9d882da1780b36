//! The `chartwright` program.

fn main() -> std::process::ExitCode {
    chartwright::cli::run()
}
