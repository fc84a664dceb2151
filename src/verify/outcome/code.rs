//! The code of an answer: whether it is whole, and in which language.

/// The fenced blocks of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Code<'a> {
    blocks: Vec<Block<'a>>,
    /// Bytes of the whole answer.
    bytes: usize,
}

#[derive(Debug, PartialEq, Eq)]
struct Block<'a> {
    /// As the fence names it; empty when it does not.
    language: &'a str,
    lines: Vec<&'a str>,
    is_closed: bool,
}

/// From this share of an answer on its code is the answer.
const MAINLY: f64 = 0.3;

impl<'a> Code<'a> {
    pub(super) fn of(answer: &'a str) -> Self {
        let mut blocks: Vec<Block<'a>> = Vec::new();
        let mut open: Option<Fence> = None;
        for line in answer.lines() {
            match (open, Fence::read(line), blocks.last_mut()) {
                (Some(fence), Some((mark, "")), Some(block)) if mark.closes(fence) => {
                    block.is_closed = true;
                    open = None;
                }
                (Some(_), _, Some(block)) => block.lines.push(line),
                (_, Some((mark, language)), _) if !language.contains('`') => {
                    let language = language.split([' ', '{', ':', ',']).next().unwrap_or_default();
                    blocks.push(Block { language, lines: Vec::new(), is_closed: false });
                    open = Some(mark);
                }
                _ => {}
            }
        }
        Self { blocks, bytes: answer.len() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The answer is this code, with some words around it.
    pub(super) fn is_the_answer(&self) -> bool {
        let code: usize =
            self.blocks.iter().flat_map(|block| &block.lines).map(|line| line.len() + 1).sum();
        !self.is_empty() && code as f64 >= MAINLY * self.bytes as f64
    }

    /// The last block has no end.
    pub(super) fn is_cut(&self) -> bool {
        self.blocks.iter().any(|block| !block.is_closed)
    }

    /// Brackets match in each block, and JSON is JSON. Shells and texts are not looked at.
    pub(super) fn is_sound(&self) -> bool {
        self.blocks.iter().all(|block| match family(block.language) {
            Some("shell" | "text") => true,
            Some("json") => {
                let source = block.lines.join("\n");
                serde_json::from_str::<serde::de::IgnoredAny>(&source).is_ok()
            }
            Some("rust" | "c" | "go" | "java" | "kotlin" | "csharp" | "swift") => {
                brackets_match(&block.lines, Apostrophe::Character)
            }
            _ => brackets_match(&block.lines, Apostrophe::Text),
        })
    }

    /// Whether both are in the languages of the other, as far as they name one; `None` when one names none.
    pub(super) fn is_in_language_of(&self, other: &Self) -> Option<bool> {
        let named = |code: &Self| -> Vec<&'static str> {
            code.blocks.iter().filter_map(|block| family(block.language)).collect()
        };
        let (own, others) = (named(self), named(other));
        if own.is_empty() || others.is_empty() {
            return None;
        }
        Some(own.iter().any(|language| others.contains(language)))
    }
}

/// A line that begins or ends a block (CommonMark 0.31, "Fenced code blocks").
#[derive(Clone, Copy)]
struct Fence {
    sign: char,
    length: usize,
}

impl Fence {
    /// The fence that `line` is, and what follows it.
    fn read(line: &str) -> Option<(Self, &str)> {
        let line = line.trim();
        let sign = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let rest = line.trim_start_matches(sign);
        let length = line.len() - rest.len();
        (length >= 3).then_some((Self { sign, length }, rest.trim()))
    }

    fn closes(self, open: Self) -> bool {
        self.sign == open.sign && self.length >= open.length
    }
}

/// One name for a language and those that are written alike; `None` for what we do not know.
fn family(language: &str) -> Option<&'static str> {
    Some(match language.to_ascii_lowercase().as_str() {
        "python" | "py" | "python3" => "python",
        "javascript" | "js" | "jsx" | "typescript" | "ts" | "tsx" | "node" => "javascript",
        "rust" | "rs" => "rust",
        "go" | "golang" => "go",
        "java" => "java",
        "kotlin" | "kt" => "kotlin",
        "c" | "cpp" | "c++" | "h" | "hpp" => "c",
        "csharp" | "cs" | "c#" => "csharp",
        "swift" => "swift",
        "ruby" | "rb" => "ruby",
        "php" => "php",
        "sql" | "mysql" | "postgresql" | "sqlite" => "sql",
        "html" | "xml" | "svg" | "vue" => "markup",
        "css" | "scss" | "less" => "css",
        "json" => "json",
        "yaml" | "yml" => "yaml",
        "bash" | "sh" | "shell" | "zsh" | "console" | "powershell" | "bat" | "cmd" => "shell",
        "text" | "txt" | "plaintext" | "markdown" | "md" | "diff" | "output" | "latex"
        | "mermaid" => "text",
        _ => return None,
    })
}

/// What stands between two apostrophes.
#[derive(Clone, Copy, PartialEq)]
enum Apostrophe {
    /// One character; alone it may begin a lifetime.
    Character,
    /// A text.
    Text,
}

/// Whether brackets are closed in the order in which they were opened, strings and comments aside.
fn brackets_match(lines: &[&str], apostrophe: Apostrophe) -> bool {
    let mut open = Vec::new();
    for line in lines {
        let mut quote = None;
        let mut characters = line.chars().peekable();
        let mut before = ' ';
        while let Some(c) = characters.next() {
            match (quote, c) {
                (Some(_), '\\') => {
                    characters.next();
                }
                (Some(mark), c) if c == mark => quote = None,
                (Some(_), _) => {}
                (None, '"' | '`') => quote = Some(c),
                (None, '\'') if closes(characters.clone(), apostrophe) => quote = Some(c),
                (None, '/') if characters.peek() == Some(&'/') && before != ':' => break,
                (None, '#') if before == ' ' => break,
                (None, '-') if before == '-' => break,
                (None, '(' | '[' | '{') => open.push(c),
                (None, ')' | ']' | '}') => {
                    let opened = open.pop();
                    if !matches!(
                        (opened, c),
                        (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')
                    ) {
                        return false;
                    }
                }
                _ => {}
            }
            before = c;
        }
    }
    open.is_empty()
}

/// Whether what follows an apostrophe comes to another one on the same line.
fn closes(mut rest: impl Iterator<Item = char>, apostrophe: Apostrophe) -> bool {
    match (apostrophe, rest.next()) {
        (Apostrophe::Character, Some(c)) if c != '\\' => rest.next() == Some('\''),
        (_, first) => first == Some('\'') || rest.any(|c| c == '\''),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_code_is_told_from_broken_code() {
        for (answer, is_cut, is_sound) in [
            ("```rust\nfn main() { let a = [1, 2]; }\n```", false, true),
            ("```rust\nfn main() { let a = [1, 2;\n```", false, false),
            ("```rust\nfn main() {", true, false),
            ("```rust\nfn f<'a>(a: &'a str) -> char { '(' }\n```", false, true),
            ("```js\nconst a = \"(\"; // :(\nf(`[`);\n```", false, true),
            ("```python\nprint('it is (fine')  # :)\n```", false, true),
            ("```python\ndef f(a:\n    return a\n```", false, false),
            ("```c\nprintf(\"http://a/(\");\n```", false, true),
            ("```\nf(a]\n```", false, false),
            ("```bash\ncase a in b) ls;; esac\n```", false, true),
            ("```json\n{\"a\": 1}\n```", false, true),
            ("```json\n{\"a\": 1,}\n```", false, false),
            ("~~~python\nx = {}\n~~~", false, true),
            ("````\n```\n````", false, true),
            ("Use ```a(``` there.", false, true),
            ("```inline```", false, true),
            ("```\n```", false, true),
            ("", false, true),
            ("```", true, true),
        ] {
            let code = Code::of(answer);
            assert_eq!((code.is_cut(), code.is_sound()), (is_cut, is_sound), "{answer}");
        }
    }

    #[test]
    fn languages_are_compared_by_family() {
        let compare = |left: &str, right: &str| {
            let fence = |language: &str| format!("```{language}\na\n```");
            Code::of(&fence(left)).is_in_language_of(&Code::of(&fence(right)))
        };
        for (left, right, expected) in [
            ("python", "py", Some(true)),
            ("js", "typescript", Some(true)),
            ("python", "rust", Some(false)),
            ("python", "", None),
            ("brainfuck", "rust", None),
            ("Rust ignore", "rust", Some(true)),
            ("bash", "console", Some(true)),
        ] {
            assert_eq!(compare(left, right), expected, "{left} | {right}");
        }
    }

    #[test]
    fn code_may_be_the_answer_or_an_aside() {
        assert!(Code::of("Here:\n```\nfn main() { println!(); }\n```").is_the_answer());
        assert!(!Code::of(&format!("{}\n```\nls\n```", "Words. ".repeat(50))).is_the_answer());
    }
}
