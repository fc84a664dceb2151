//! Tables of a page.

/// A table: head and rows of cells that are HTML already.
pub struct Table {
    html: String,
}

impl Table {
    /// An empty table; the cells of its head are HTML.
    pub fn new(head: &[&str]) -> Self {
        let cells: String = head.iter().map(|cell| format!("<th>{cell}</th>")).collect();
        Self {
            html: format!("<div class=\"wide\"><table><thead><tr>{cells}</tr></thead><tbody>\n"),
        }
    }

    /// Adds a row with this CSS class; its cells are HTML.
    pub fn row(&mut self, class: &str, cells: &[String]) {
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        self.html.push_str(&format!("<tr class=\"{class}\">{cells}</tr>\n"));
    }

    /// The table as HTML.
    pub fn end(self) -> String {
        format!("{}</tbody></table></div>\n", self.html)
    }
}
