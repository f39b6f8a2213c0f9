//! Rewriting single values of a JSON text, with every other byte left as it is.

/// A name, or a value without parts, in the text.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    /// The JSON pointer of the value, or of the value that the name is of.
    pub pointer: &'a str,
    /// The name of the nearest member that it is in.
    pub name: &'a str,
    /// Whether it is the name of a member.
    pub is_name: bool,
    /// Its bytes: with quotes, where it is a text.
    pub text: &'a str,
}

/// A JSON text in which `change` may replace each name and value. `None` if it is not JSON.
pub fn rewritten(
    text: &str,
    change: &mut dyn FnMut(Token<'_>) -> Option<String>,
) -> Option<String> {
    // The library bounds the depth, and is strict: what follows may rely on the form.
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    let mut rewriter = Rewriter { text, at: 0, out: String::with_capacity(text.len()), change };
    rewriter.value("", "");
    rewriter.space();
    Some(rewriter.out)
}

struct Rewriter<'a> {
    text: &'a str,
    at: usize,
    out: String,
    change: &'a mut dyn FnMut(Token<'_>) -> Option<String>,
}

impl<'a> Rewriter<'a> {
    fn next(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    fn take(&mut self, count: usize) {
        self.out.push_str(&self.text[self.at..self.at + count]);
        self.at += count;
    }

    fn space(&mut self) {
        while self.next().is_ascii_whitespace() {
            self.take(1);
        }
    }

    fn value(&mut self, pointer: &str, name: &str) {
        self.space();
        match self.next() {
            b'{' => self.members(pointer),
            b'[' => self.items(pointer, name),
            _ => self.token(pointer, name, false),
        }
    }

    fn members(&mut self, pointer: &str) {
        self.take(1);
        loop {
            self.space();
            if self.next() == b'}' {
                return self.take(1);
            }
            let raw = self.peek();
            let name = serde_json::from_str::<String>(raw).unwrap_or_default();
            let inner = format!("{pointer}/{name}");
            self.token(&inner, &name, true);
            self.space();
            self.take(1);
            self.value(&inner, &name);
            self.space();
            if self.next() == b',' {
                self.take(1);
            }
        }
    }

    fn items(&mut self, pointer: &str, name: &str) {
        self.take(1);
        for index in 0_usize.. {
            self.space();
            if self.next() == b']' {
                return self.take(1);
            }
            self.value(&format!("{pointer}/{index}"), name);
            self.space();
            if self.next() == b',' {
                self.take(1);
            }
        }
    }

    fn token(&mut self, pointer: &str, name: &str, is_name: bool) {
        let text = self.peek();
        match (self.change)(Token { pointer, name, is_name, text }) {
            Some(other) => self.out.push_str(&other),
            None => self.out.push_str(text),
        }
        self.at += text.len();
    }

    /// The text, number or word that begins here.
    fn peek(&self) -> &'a str {
        let rest = &self.text[self.at..];
        let mut is_escaped = false;
        let ends_text = |(at, byte): (usize, u8)| {
            let ends = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            ends.then_some(at + 2)
        };
        let length = match rest.strip_prefix('"') {
            Some(inner) => inner.bytes().enumerate().find_map(ends_text),
            None => rest.find(|c: char| c.is_ascii_whitespace() || ",]}".contains(c)),
        };
        &rest[..length.unwrap_or(rest.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_changed_changes() {
        let text = "{ \"a\" : [1, -2.5e3 ,\"x\\\"y\"],\r\n\"b\":{\"c\":null,\"d\":{}},\"e\":[] }\n";
        let mut seen = Vec::new();
        let same = rewritten(text, &mut |token| {
            seen.push(format!("{}={}", token.pointer, token.text));
            None
        });
        assert_eq!(same.as_deref(), Some(text));
        let values = seen.iter().filter(|one| one.contains("/a/") || one.contains("/b/"));
        let expected =
            ["/a/0=1", "/a/1=-2.5e3", "/a/2=\"x\\\"y\"", "/b/c=\"c\"", "/b/c=null", "/b/d=\"d\""];
        assert_eq!(values.collect::<Vec<_>>(), expected);
        let other = rewritten(text, &mut |token| {
            (token.pointer == "/b/c" && !token.is_name).then(|| "7".to_owned())
        });
        assert_eq!(other, Some(text.replace("null", "7")));
        assert_eq!(rewritten("{\"a\":", &mut |_| None), None);
    }
}
