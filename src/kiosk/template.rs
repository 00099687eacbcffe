//! Fills places in HTML. What goes in is always escaped; there is no way to put markup in.

use crate::html::escape;

/// `template` with each place `{{name}}` filled by the value of that name, escaped for text and
/// for quoted attributes.
///
/// # Panics
/// Where a place has no value: templates are compiled in, and a test fills them.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut page = String::with_capacity(template.len());
    let mut parts = template.split("{{");
    page.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("a place that is opened is closed");
        let value = values.iter().find(|(known, _)| *known == name.trim());
        let (_, value) = value.expect("every place of a template has a value");
        page.push_str(&escape(value));
        page.push_str(rest);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_filled_in_stays_text() {
        let page =
            fill("<p title=\"{{a}}\">{{ b }}</p>{{a}}", &[("a", "\"'&"), ("b", "<script>{{a}}")]);
        assert_eq!(page, "<p title=\"&quot;&#39;&amp;\">&lt;script&gt;{{a}}</p>&quot;&#39;&amp;");
        assert_eq!(fill("plain", &[]), "plain");
    }

    #[test]
    #[should_panic(expected = "has a value")]
    fn a_place_without_a_value_is_our_mistake() {
        fill("{{a}}", &[]);
    }
}
