import Figures
import Mustache

/// Escapes what is put between tags or into attributes, scalar by scalar: Mustache's own escaping goes by whole characters, and
/// a quotation mark that bears a combining accent is another character, but still ends an attribute.
struct HTMLText: MustacheContentType {
  func escapeText(_ text: String) -> String { text.escaped }
}
