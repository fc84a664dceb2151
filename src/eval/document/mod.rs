//! What reports are made of: one HTML file without scripts or anything from outside, its tables and its plots.
//!
//! Knows nothing of what a report says.

mod axis;
mod legend;
mod plot;
mod svg;
mod table;

pub use axis::Axis;
pub use plot::{Bar, Guide, Line, Mark, Plot};
pub use table::Table;

/// A page that stands alone. `title` and `body` are HTML.
pub fn page(title: &str, body: &str) -> String {
    // A number and its sign stay on one line.
    let body = body.replace(" %", "\u{a0}%");
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title>\n<style>{}{}</style></head>\n<body><main>\n{body}</main></body></html>\n",
        svg::STYLE,
        include_str!("style.css")
    )
}

/// A part of a page under a title of its own.
pub fn section(title: &str, body: &str) -> String {
    format!("<section><h2>{title}</h2>\n{body}</section>\n")
}

/// A number that stands out, what it is, and a detail.
pub fn card(value: &str, label: &str, detail: &str) -> String {
    format!("<div class=\"card\"><b>{value}</b><span>{label}</span><small>{detail}</small></div>")
}

/// A share as a percentage with one decimal, `23.4 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Text for HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are not allowed in SVG and XHTML.
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
