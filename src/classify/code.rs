//! Does a text hold program code? Looks at the shape of its lines; prose *about* programming is not code.

/// True when the text holds program code: a fenced block, a line that is hardly anything else (`#include <…>`,
/// `def name(…):`), or two lines that look like statements. One pass, English prose and LaTeX do not count.
pub fn has_code(text: &str) -> bool {
    code_lines(text) >= 2
}

/// Lines that look like code; a fence or an unmistakable line counts as two.
pub(super) fn code_lines(text: &str) -> usize {
    text.lines().map(|line| weigh(line.trim())).sum()
}

fn weigh(line: &str) -> usize {
    if line.starts_with("```") || is_unmistakable(line) {
        2
    } else {
        usize::from(is_statement(line))
    }
}

/// A line that prose does not produce by accident.
fn is_unmistakable(line: &str) -> bool {
    let calls = line.contains('(');
    let word = line.split_whitespace().next().unwrap_or_default();
    match word {
        "def" | "async" => calls && line.ends_with(':'),
        "fn" | "pub" | "func" | "function" | "public" | "private" | "static" => {
            calls && line.ends_with(['{', ';', '}'])
        }
        "class" | "struct" | "interface" | "enum" => {
            line.ends_with(['{', ':']) && line.split_whitespace().count() <= 6
        }
        "#include" => line.contains(['<', '"']),
        "#!/bin/sh" | "#!/bin/bash" | "#!/usr/bin/env" | "<?php" | "<!DOCTYPE" => true,
        "SELECT" | "select" => is_query(line),
        _ => line.contains("</") && line.contains('>') && line.contains('<'),
    }
}

/// SQL rather than "select a song from the list": columns are separated by commas, starred, or a clause follows.
fn is_query(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.contains(" from ")
        && (lower.ends_with(';') || lower.starts_with("select *") || lower.contains(" where "))
}

/// A line that could be a statement of some language.
fn is_statement(line: &str) -> bool {
    // LaTeX has braces and semicolons too, but its commands start with a backslash.
    if line.contains('\\') || line.contains('$') {
        return false;
    }
    let ends_block =
        line.ends_with('{') || line == "}" || line == "};" || line == "})" || line == "});";
    let ends_statement = line.ends_with(';') && line.contains(['=', '(', '}']);
    let opens_suite = line.ends_with(':')
        && starts_with_any(line, &["if ", "for ", "while ", "else:", "elif ", "try:", "with "]);
    let imports = starts_with_any(line, &["import ", "from ", "use ", "using "])
        && (line.ends_with(';')
            || line.split_whitespace().count() <= 2
            || line.contains(" import "));
    let asserts = line.starts_with("assert ") && line.contains('(');
    let returns =
        line.starts_with("return ") && line.split_whitespace().count() <= 6 && !line.ends_with('.');
    let operators = line.as_bytes().windows(2).any(is_operator);
    let assigns = is_assignment(line);
    ends_block
        || ends_statement
        || opens_suite && !line.contains(", ")
        || imports
        || asserts
        || returns
        || operators
        || assigns
}

fn is_operator(pair: &[u8]) -> bool {
    matches!(pair, b"==" | b"!=" | b"=>" | b"->" | b"::" | b"+=" | b"&&" | b"||")
}

/// `name = call(…)` or `name = [ … ]`: an identifier, one equals sign, brackets.
fn is_assignment(line: &str) -> bool {
    let Some((name, value)) = line.split_once(" = ") else { return false };
    let identifier = name.len() > 1
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'[' | b']'));
    identifier && value.ends_with([')', ']', '}'])
}

fn starts_with_any(line: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_prose() {
        let table: &[(&str, bool)] = &[
            ("What does this do?\n```\nx\n```", true),
            ("def add(a, b):\n    return a + b", true),
            ("Fix this: \nfn main() {\n    let x = 1;\n}", true),
            ("#include <stdio.h>", true),
            ("SELECT name, age FROM users WHERE age > 30", true),
            ("rows = load(path)\nprint(rows);", true),
            ("assert add(1, 2) == 3\nassert add(0, 0) == 0", true),
            ("<div class=\"a\">hello</div>", true),
            ("for (int i = 0; i < n; i++) {\n  sum += i;\n}", true),
            ("", false),
            ("Write a Python function that reverses a list.", false),
            ("Select a song from the list and tell me why you like it.", false),
            ("She came home late; he was asleep; nobody spoke.", false),
            ("Let $x = 5$; find \\frac{a}{b} when \\sqrt{x};", false),
            ("If x = 3 and y = 4, what is x + y?", false),
            (
                "Class starts at nine:\nimport duties rose, and the function was held in the hall.",
                false,
            ),
            ("Which of these is right?\nA. 1\nB. 2\nC. 3", false),
            ("Dear Sir or Madam,\nplease send:\n- two apples;\n- one pear;", false),
            ("f(x) = x^2 + 3x + 2 has which roots?", false),
        ];
        for (text, expected) in table {
            assert_eq!(has_code(text), *expected, "{text:?}");
        }
    }
}
