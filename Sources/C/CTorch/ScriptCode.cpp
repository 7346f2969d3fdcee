#include <torch/csrc/jit/frontend/lexer.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <vector>

#include "Boundary.h"
#include "ScriptChecks.h"

using namespace torch::jit;

namespace {

/// A class or a function on its own.
struct Definition {
  /// How deep its code nests.
  int depth = 0;
  /// What it refers to: dotted names that begin with __torch__.
  std::set<std::string> mentions;
};

using Definitions = std::map<std::string, Definition>;

/// Goes over the code token by token, as libtorch's own lexer cuts it.
///
/// libtorch evaluates the defaults of arguments and what stands in a class's body while it loads, so both must be
/// constants. Expressions and blocks nest no deeper than its recursion can bear: within a statement everything counts as
/// one level that is neither a name, a constant nor separated by a comma.
class CodeCheck {
 public:
  CodeCheck(const std::string &name, const std::string &text, Definitions &definitions)
      : name(name), definitions(definitions), lexer(std::make_shared<Source>(text, name)) {
    // code/__torch__/networks.py defines __torch__.networks.…
    qualifier = name.substr(5, name.size() - 8);
    std::replace(qualifier.begin(), qualifier.end(), '/', '.');
  }

  void run() {
    for (; lexer.cur().kind != TK_EOF; lexer.next()) token(lexer.cur().kind);
    end_mention();
  }

 private:
  /// torch.jit.save writes no statement that comes near, and libtorch's recursion bears several times as much.
  static constexpr int deepest_expression = 1000, deepest_block = 100;

  const std::string &name;
  std::string qualifier;
  Definitions &definitions;
  /// What the code at hand belongs to; none: nothing.
  Definition *definition = nullptr;
  std::string mention;
  Lexer lexer;
  /// The levels of the statement within each open bracket, the outermost first.
  std::vector<int> levels = {0};
  int depth = 0, blocks = 0;
  bool begins = true, in_class = false;
  /// The class's own, if it has one.
  std::string superclass;
  enum { nothing, argument_list, class_body, type_of_attribute } place = nothing;
  /// Of a statement in a class's body: its first tokens, and whether it assigns something.
  std::vector<std::string> beginning;
  bool assigns = false;
  bool in_constant = false;
  int previous = TK_NEWLINE;
  std::string previous_text;

  void token(int kind) {
    if (kind == TK_NEWLINE || kind == TK_INDENT || kind == TK_DEDENT) {
      if (place == class_body || place == type_of_attribute) end_class_statement();
      blocks += kind == TK_INDENT ? 1 : kind == TK_DEDENT ? -1 : 0;
      if (blocks > deepest_block) too_deep();
      levels = {0};
      depth = 0;
      begins = true;
      place = nothing;
      in_constant = false;
    } else {
      if (begins || kind == TK_DEF) statement(kind);
      if (beginning.size() < 4) beginning.push_back(lexer.cur().text());
      assigns = assigns || (kind == '=' && levels.size() == 1);
      if (blocks == 0 && in_class && kind == TK_IDENT && previous == '(') superclass = lexer.cur().text();
      begins = false;
      constant(kind);
      nest(kind);
      refer(kind);
      if (definition != nullptr) definition->depth = std::max(definition->depth, depth + blocks);
    }
    previous_text = kind == TK_IDENT ? lexer.cur().text() : "";
    previous = kind;
  }

  void statement(int kind) {
    if (blocks == 0) {
      in_class = kind == TK_CLASS_DEF;
      superclass.clear();
      end_mention();
      definition = nullptr;
    }
    if (kind == TK_DEF) {
      place = argument_list;
    } else if (in_class && blocks == 1) {
      // __annotations__["name"] = Type
      place = lexer.cur().text() == "__annotations__" ? type_of_attribute : class_body;
      beginning.clear();
      assigns = false;
    }
    // torch.jit.save nests an if within the else instead.
    if (kind == TK_ELIF) refuse("has an elif, which torch.jit.save never writes");
  }

  /// libtorch reads the type of an attribute or the value of a list without asking whether it is there.
  void end_class_statement() const {
    static const std::unordered_set<std::string> lists = {
        "__parameters__", "__buffers__", "__annotations__", "__forward_hooks__", "__forward_pre_hooks__"};
    auto token = [this](size_t place) { return place < beginning.size() ? beginning[place] : ""; };
    bool complete = token(1) == ":" && (!assigns || superclass == "NamedTuple" || (token(2) == "Final" && token(3) == "["));
    if (lists.count(token(0)) != 0) {
      complete = assigns && (token(1) == "=" || (token(0) == "__annotations__" && token(1) == "["));
    } else if (superclass == "Enum") {
      complete = token(1) == "=";
    }
    if (!complete && token(0) != "pass") refuse("has “" + token(0) + "” in a class, which torch.jit.save never writes");
  }

  /// Collects dotted names.
  void refer(int kind) {
    if (kind == TK_IDENT) {
      std::string text = lexer.cur().text();
      if (blocks == 0 && (previous == TK_CLASS_DEF || previous == TK_DEF)) definition = &definitions[qualifier + "." + text];
      if (previous == '.' && !mention.empty()) {
        mention += "." + text;
        return;
      }
      end_mention();
      if (text == "__torch__") mention = text;
    } else if (kind != '.') {
      end_mention();
    }
  }

  void end_mention() {
    if (definition != nullptr && !mention.empty()) definition->mentions.insert(mention);
    mention.clear();
  }

  void nest(int kind) {
    switch (kind) {
      case TK_IDENT:
      case TK_NUMBER:
      case TK_STRINGLITERAL: return;
      case ',':
        depth -= levels.back();
        levels.back() = 0;
        return;
      case ')':
      case ']':
      case '}':
        if (levels.size() > 1) {
          depth -= levels.back();
          levels.pop_back();
        }
        return;
      default:
        levels.back()++;
        if (++depth > deepest_expression) too_deep();
        if (kind == '(' || kind == '[' || kind == '{') levels.push_back(0);
    }
  }

  /// Whether what libtorch evaluates while loading is a constant.
  void constant(int kind) {
    if (previous == TK_DEF && kind == TK_IDENT) {
      std::string function = lexer.cur().text();
      if (function == "__setstate__" || function == "__getstate__") {
        throw ctorch::Refusal{CT_FORBIDDEN, "has objects that restore themselves (" + function + ")"};
      }
    }
    const bool ends = place == argument_list && levels.size() == 2 && (kind == ',' || kind == ')');
    if (in_constant && !ends) {
      if (!may_be_constant(kind)) {
        throw ctorch::Refusal{CT_FORBIDDEN, "computes “" + lexer.cur().text() + "” when it is loaded"};
      }
    } else if (kind == '=' && (place == argument_list ? levels.size() == 2 : place == class_body && levels.size() == 1)) {
      in_constant = true;
      return;
    }
    if (ends) in_constant = false;
    if (ends && kind == ')') place = nothing;
  }

  bool may_be_constant(int kind) {
    static const std::unordered_set<int> tokens = {TK_NUMBER, TK_STRINGLITERAL, TK_TRUE, TK_FALSE, TK_NONE, TK_NONE_TYPE, '-', '[', ']',
                                                   '(', ')', '{', '}', ':', ',', '.'};
    static const std::unordered_set<std::string> names = {
        "annotate", "CONSTANTS", "List", "Dict", "Tuple", "Optional", "Final", "Tensor", "Device", "number",
        "int", "float", "bool", "str", "complex", "inf", "nan", "torch"};
    if (tokens.count(kind) != 0) return previous_text != "torch" || kind == '.';
    if (kind != TK_IDENT) return false;
    std::string text = lexer.cur().text();
    if (previous == '.') return text == "device" || (text[0] == 'c' && text.find_first_not_of("0123456789", 1) == std::string::npos);
    return names.count(text) != 0;
  }

  [[noreturn]] void refuse(const std::string &what) const { throw ctorch::Refusal{CT_DAMAGED, name + " " + what}; }

  [[noreturn]] void too_deep() const { refuse("nests its code too deeply"); }
};

/// The definition that a dotted name refers to, or to something in it.
Definitions::const_iterator find(const Definitions &definitions, std::string name) {
  const std::string whole = name;
  for (;;) {
    auto found = definitions.find(name);
    if (found != definitions.end()) return found;
    size_t dot = name.rfind('.');
    if (dot == std::string::npos) throw ctorch::Refusal{CT_FORBIDDEN, "refers to " + whole + ", which its code does not define"};
    name.resize(dot);
  }
}

/// libtorch compiles what a definition refers to while it is at the definition, and so on.
void check_references(const Definitions &definitions) {
  constexpr int deepest = 3000;
  // From those that refer to nothing up: how deep a definition is with all that it refers to.
  std::map<std::string, std::vector<std::string>> users;
  std::map<std::string, size_t> open;
  std::map<std::string, int> depths;
  std::vector<std::string> ready;
  for (const auto &[name, definition] : definitions) {
    std::set<std::string> used;
    for (const std::string &mention : definition.mentions) used.insert(find(definitions, mention)->first);
    used.erase(name);
    for (const std::string &other : used) users[other].push_back(name);
    open[name] = used.size();
    if (used.empty()) ready.push_back(name);
  }
  int deep = 0;
  size_t done = 0;
  for (; done < ready.size(); done++) {
    const std::string name = ready[done];
    const int depth = depths[name] += 1 + definitions.at(name).depth;
    deep = std::max(deep, depth);
    for (const std::string &user : users[name]) {
      depths[user] = std::max(depths[user], depth);
      if (--open[user] == 0) ready.push_back(user);
    }
  }
  // Those that remain refer to each other in circles, or to such that do: in the worst case each adds its own depth.
  for (const auto &[name, count] : open)
    if (count > 0 && deep <= deepest) deep += 1 + definitions.at(name).depth;
  if (deep > deepest) throw ctorch::Refusal{CT_DAMAGED, "its code nests too deeply"};
}

void check_text(const std::string &name, const std::string &text) {
  using ctorch::Refusal;
  // The lexer takes another step of recursion for every line without a token.
  int skipped = 0;
  bool begins = true;
  for (char character : text) {
    if (static_cast<unsigned char>(character) < 32 && character != '\n') throw Refusal{CT_DAMAGED, name + " is not text"};
    if (character == '\n') {
      if (++skipped > 100) throw Refusal{CT_DAMAGED, name + " has many lines without code"};
      begins = true;
    } else if (begins && character != ' ') {
      begins = false;
      if (character != '#' && character != '\\') skipped = 0;
    }
  }
}

}  // namespace

void ctorch::check_code(const std::map<std::string, std::string> &records) {
  Definitions definitions;
  for (const auto &[name, text] : records) {
    check_text(name, text);
    CodeCheck(name, text, definitions).run();
  }
  check_references(definitions);
}
