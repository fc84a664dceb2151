//! A folder in which commands are run as a user runs them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A folder with a configuration that names the tiny embedding model.
pub struct Desk(tempfile::TempDir);

impl Desk {
    /// With the configuration `scrimp.yaml`.
    pub fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny-bert");
        let yaml = format!(
            "providers: {{ p: {{ type: openai, base_url: \"http://127.0.0.1:9/v1\" }} }}\nembedding: {{ model: \"{}\", device: cpu }}\n",
            model.display()
        );
        desk.write("scrimp.yaml", &yaml);
        desk
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs a command with these arguments, split at spaces.
    fn run(&self, arguments: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_scrimp"))
            .current_dir(self.0.path())
            .env_clear()
            .args(arguments.split(' '))
            .output()
            .unwrap()
    }

    /// Runs a command that must do.
    pub fn done(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a command that must fail without a result: its exit code and what it says.
    pub fn failed(&self, arguments: &str) -> (Option<i32>, String) {
        let output = self.run(arguments);
        assert!(output.stdout.is_empty());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Runs a command that fails after its result: its exit code and what it says.
    pub fn refused(&self, arguments: &str) -> (Option<i32>, String) {
        let output = self.run(arguments);
        assert!(!output.stdout.is_empty());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }
}
