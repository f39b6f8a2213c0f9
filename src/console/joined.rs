//! The scripts of the page, joined into one: a browser opens few connections to one host, so that
//! thirty small files would cost it five journeys where the way is long.
//!
//! The sources are ES modules, and run as they are. To be joined, they keep to one form. An import
//! is one line, `import { a, b as c } from "./x.js";`, and so is `export { a } from "./x.js";`. Any
//! other `export` stands before `const`, `class`, `function` or `async function`, or once at the
//! end, as in minified files. Each module becomes a function that returns what it exports.

/// A file of the page: its name below the page's folder, and its text.
pub trait Source {
    fn name(&self) -> &str;
    fn text(&self) -> &str;
}

/// The module `root` and all that it imports, as one script. What is not in the form above stays
/// as it is, and the browser complains.
pub fn joined<S: Source>(files: &[S], root: &str) -> String {
    let mut script = Script { files, done: Vec::new(), text: String::new() };
    script.add(root);
    script.text
}

/// The files that a module imports.
#[cfg(test)]
pub fn imported(text: &str) -> Vec<String> {
    Module::read(text).imported
}

struct Script<'a, S> {
    files: &'a [S],
    done: Vec<&'a str>,
    text: String,
}

impl<'a, S: Source> Script<'a, S> {
    /// Adds a module behind those that it imports, unless it is there.
    fn add(&mut self, name: &str) {
        let files = self.files;
        let Some(file) = files.iter().find(|file| file.name() == name) else { return };
        if self.done.contains(&file.name()) {
            return;
        }
        self.done.push(file.name());
        let module = Module::read(file.text());
        for imported in &module.imported {
            self.add(imported);
        }
        self.text.push_str(&module.wrapped(name));
    }
}

/// A module as it is written into the script.
#[derive(Default)]
struct Module {
    imported: Vec<String>,
    /// What it returns: each the name, or the name and what it stands for.
    exported: Vec<String>,
    lines: Vec<String>,
}

impl Module {
    fn read(text: &str) -> Self {
        let mut module = Self::default();
        for line in text.lines() {
            module.take(line);
        }
        module
    }

    fn take(&mut self, line: &str) {
        // Nowhere do the spaces at the beginning of a line mean anything, not in a template either.
        let line = line.trim_start();
        if line.starts_with("//") || line.is_empty() {
            return;
        }
        if let Some((names, file)) = names_from(line, "import ") {
            let names = names.replace(" as ", ": ");
            self.lines.push(format!("const {{{names}}} = {};", variable(&file)));
            self.imported.push(file);
        } else if let Some((names, file)) = names_from(line, "export ") {
            let of = variable(&file);
            let each = names.split(',').map(|name| format!("{0}: {of}.{0}", name.trim()));
            self.exported.extend(each);
            self.imported.push(file);
        } else if let Some((code, names)) = exported_at_end(line) {
            self.exported.extend(names);
            self.lines.push(code.to_owned());
        } else if let Some((code, name)) = exported_here(line) {
            self.exported.push(name.to_owned());
            self.lines.push(code.to_owned());
        } else {
            self.lines.push(line.to_owned());
        }
    }

    /// A module that exports nothing is the root. It stands as it is, so that it may await.
    fn wrapped(&self, name: &str) -> String {
        let lines = self.lines.join("\n");
        if self.exported.is_empty() {
            return format!("{lines}\n");
        }
        let exported = self.exported.join(", ");
        format!("const {} = (() => {{\n{lines}\nreturn {{ {exported} }};\n}})();\n", variable(name))
    }
}

/// The variable that has what a module exports.
pub fn variable(file: &str) -> String {
    let letters = file.trim_end_matches(".js").chars();
    letters.fold("$".to_owned(), |mut name, letter| {
        name.push(if letter.is_ascii_alphanumeric() { letter } else { '_' });
        name
    })
}

/// The names and the file of `import { a } from "./x.js";`.
fn names_from(line: &str, keyword: &str) -> Option<(String, String)> {
    let (names, file) = line.strip_prefix(keyword)?.strip_prefix('{')?.split_once("} from \"./")?;
    Some((names.to_owned(), file.strip_suffix("\";")?.to_owned()))
}

/// The code and the names of a line that ends `export{a as b,c as d};`.
fn exported_at_end(line: &str) -> Option<(&str, Vec<String>)> {
    let (code, names) = line.strip_suffix("};")?.rsplit_once("export{")?;
    let each = names.split(',').map(|name| match name.split_once(" as ") {
        Some((inner, outer)) => format!("{outer}: {inner}"),
        None => name.to_owned(),
    });
    Some((code, each.collect()))
}

/// The code and the name of a line that begins `export const a`.
fn exported_here(line: &str) -> Option<(&str, &str)> {
    let code = line.strip_prefix("export ")?;
    let kinds = ["const ", "class ", "function ", "async function "];
    let rest = kinds.iter().find_map(|kind| code.strip_prefix(kind))?;
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    Some((code, rest.get(..end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Source for (&str, &str) {
        fn name(&self) -> &str {
            self.0
        }

        fn text(&self) -> &str {
            self.1
        }
    }

    #[test]
    fn a_module_stands_once_and_behind_those_that_it_imports() {
        let files = [
            ("a.js", "import { two, one as first } from \"./b.js\";\nawait two(first);\n"),
            ("b.js", "// Why.\nexport { one } from \"./v/c.js\";\nexport const two = 2;\n"),
            ("v/c.js", "let o=1;export{o as one,o as other};"),
        ];
        let wanted = "const $v_c = (() => {\nlet o=1;\nreturn { one: o, other: o };\n})();\n\
                      const $b = (() => {\nconst two = 2;\nreturn { one: $v_c.one, two };\n})();\n\
                      const { two, one: first } = $b;\nawait two(first);\n";
        assert_eq!(joined(&files, "a.js"), wanted);
    }

    #[test]
    fn all_kinds_of_exports_are_known() {
        let named = |line| exported_here(line).map(|(_, name)| name);
        assert_eq!(named("export const isNew = () => 1;"), Some("isNew"));
        assert_eq!(named("export class View {"), Some("View"));
        assert_eq!(named("export function words(name) {"), Some("words"));
        assert_eq!(named("export async function call() {"), Some("call"));
        assert_eq!(named("const isNew = 1;"), None);
    }
}
