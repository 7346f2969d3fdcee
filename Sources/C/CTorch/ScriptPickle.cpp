#include <algorithm>

#include "PickleMachine.h"
#include "ScriptChecks.h"

using namespace ctorch;

namespace {

/// Follows what torch.jit.save writes, and nothing else.
class Walker : PickleMachine {
 public:
  Walker(const std::string &name, const char *bytes, size_t size) : PickleMachine(name, bytes, size) {}

  PickleContent walk() {
    need(byte() == 0x80 && byte() == 2, "does not begin as a pickle of protocol 2");
    while (step()) {
    }
    need(stack.size() == 1 && marks.empty() && position == size, "does not end where it should");
    return std::move(content);
  }

 private:
  PickleContent content;

  bool step() {
    switch (uint8_t code = byte()) {
      case '.': return false;
      case ']': push(Item::fresh, Item::list); break;
      case '}': push(Item::fresh, Item::dictionary); break;
      case ')': push_tuple(0); break;
      case 0x85: push_tuple(1); break;
      case 0x86: push_tuple(2); break;
      case 0x87: push_tuple(3); break;
      case 't': push_tuple(pop_to_mark()); break;
      case '(': marks.push_back(stack.size()); break;
      case 'e': fill(Item::list); break;
      case 'u': fill(Item::dictionary); break;
      case 'N': push(Item::other); break;
      case 0x88:
      case 0x89: push(Item::boolean); break;
      case 'K': push(Item::integer, byte()); break;
      case 'M': push(Item::integer, number<uint16_t>()); break;
      case 'J': push(Item::integer, number<int32_t>()); break;
      case 0x8a:
        need(byte() == 8, "has a whole number of the wrong length");
        push(Item::integer, number<int64_t>());
        break;
      case 'G':
        take(8);
        push(Item::other);
        break;
      case 'X': {
        size_t length = number<uint32_t>();
        const char *start = take(length);
        push(Item::text, 0, std::string(start, length));
        break;
      }
      case 'q': remember(byte()); break;
      case 'r': remember(number<uint32_t>()); break;
      case 'h': recall(byte()); break;
      case 'j': recall(number<uint32_t>()); break;
      case 'c': global(); break;
      case 'Q': storage(); break;
      case 'R': reduce(); break;
      case 0x81: {
        Item arguments = pop(Item::tuple);
        need(arguments.elements->empty() && !stack.empty() && stack.back().kind == Item::class_name,
             "makes an object in another way than torch.jit.save");
        break;
      }
      case 'b': {
        Item state = pop();
        if (state.kind == Item::fresh && state.number == Item::dictionary) state.kind = Item::dictionary;
        if (state.kind != Item::dictionary) {
          throw Refusal{CT_FORBIDDEN, "has objects that restore themselves (__setstate__)"};
        }
        content.classes.insert(pop(Item::class_name).text_value);
        stack.push_back({Item::other, 0, {}, nullptr, depth_of({state})});
        break;
      }
      default: fail("has the unknown instruction " + std::to_string(code));
    }
    return true;
  }

  void global() {
    static const std::unordered_map<std::string, int> sizes = {
        {"DoubleStorage", 8}, {"FloatStorage", 4}, {"HalfStorage", 2}, {"BFloat16Storage", 2},
        {"LongStorage", 8}, {"IntStorage", 4}, {"ShortStorage", 2}, {"CharStorage", 1},
        {"ByteStorage", 1}, {"BoolStorage", 1}, {"ComplexFloatStorage", 8}, {"ComplexDoubleStorage", 16}};
    std::string module = line(), symbol = line();
    auto type = sizes.find(symbol);
    if (module == "torch" && type != sizes.end()) {
      push(Item::storage_type, type->second);
    } else if (module.rfind("__torch__", 0) == 0) {
      if ((module + '.').rfind("__torch__.torch.classes.", 0) == 0) {
        throw Refusal{CT_FORBIDDEN, "has objects of " + module + "." + symbol};
      }
      std::string whole = module + "." + symbol;
      need(whole.size() < 4096 && whole.find_first_not_of(identifiers) == std::string::npos, "has a class without a name");
      push(Item::class_name, 0, std::move(whole));
    } else {
      push(Item::function, 0, module + "." + symbol);
    }
  }

  static constexpr const char *identifiers = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";

  void reduce() {
    Item arguments = pop();
    if (arguments.kind == Item::text || arguments.kind == Item::integer) {
      // A case of an enumeration, by its value.
      content.cases[pop(Item::class_name).text_value].push_back(
          arguments.kind == Item::text ? c10::IValue(arguments.text_value) : c10::IValue(arguments.number));
      push(Item::other);
      return;
    }
    need(arguments.kind == Item::tuple, "has a value of the wrong kind");
    const std::vector<Item> &values = *arguments.elements;
    std::string function = pop(Item::function).text_value;
    const std::string lists = "torch.jit._pickle.";
    auto is = [&](std::initializer_list<Item::Kind> kinds) {
      return std::equal(values.begin(), values.end(), kinds.begin(), kinds.end(), [](const Item &value, Item::Kind kind) {
        return value.kind == kind || (value.kind == Item::fresh && value.number == kind);
      });
    };
    if (function == "torch._utils._rebuild_tensor_v2") {
      tensor(values);
      push(Item::other);
    } else if (function == "collections.OrderedDict") {
      need(values.empty(), "has a tensor with hooks");
      push(Item::other);
    } else if (function == "torch.device") {
      // libtorch parses it with a recursive expression.
      need(is({Item::text}) && values[0].text_value.size() < 32, "has a device without a name");
      push(Item::other);
    } else if (
        function == lists + "build_intlist" || function == lists + "build_doublelist" ||
        function == lists + "build_boollist" || function == lists + "build_tensorlist") {
      need(is({Item::list}), "has a list of the wrong kind");
      stack.push_back({Item::list, 0, {}, nullptr, values[0].depth});
    } else if (function == lists + "restore_type_tag") {
      need(is({Item::list, Item::text}) || is({Item::dictionary, Item::text}), "has a list of the wrong kind");
      type_name(values[1].text_value);
      Item::Kind kind = values[0].kind == Item::fresh ? static_cast<Item::Kind>(values[0].number) : values[0].kind;
      stack.push_back({kind, 0, {}, nullptr, values[0].depth});
    } else {
      throw Refusal{CT_FORBIDDEN, "calls " + function + " when it is loaded"};
    }
  }

  /// libtorch compiles the type: List[…] or Dict[…], names, brackets and commas.
  void type_name(const std::string &text) const {
    int depth = 0;
    for (char character : text) {
      depth += character == '[' ? 1 : character == ']' ? -1 : 0;
      need(0 <= depth && depth < 50 && (std::strchr(identifiers, character) || std::strchr("[], ", character)),
           "has a type that is none");
    }
    need(depth == 0 && text.size() < 4096 && (text.rfind("List[", 0) == 0 || text.rfind("Dict[", 0) == 0),
         "has a type that is none");
  }

  /// (“storage”, type, record, device, count of elements)
  void storage() {
    Item place = pop(Item::tuple);
    const std::vector<Item> &values = *place.elements;
    need(values.size() == 5 && values[0].kind == Item::text && values[0].text_value == "storage" &&
             values[1].kind == Item::storage_type && values[2].kind == Item::text && values[3].kind == Item::text &&
             values[3].text_value.size() < 32 && values[4].kind == Item::integer,
         "has a storage of the wrong kind");
    int64_t total = 0;
    need(values[4].number >= 0 && !__builtin_mul_overflow(values[4].number, values[1].number, &total),
         "has a storage of an impossible size");
    uint64_t &least = content.storages[values[2].text_value];
    least = std::max(least, static_cast<uint64_t>(total));
    push(Item::storage, values[4].number);
  }

  /// (storage, offset, lengths, strides, whether it needs gradients, hooks): inside of its storage?
  void tensor(const std::vector<Item> &values) const {
    need(values.size() == 6 && values[0].kind == Item::storage && values[1].kind == Item::integer &&
             values[2].kind == Item::tuple && values[3].kind == Item::tuple && values[4].kind == Item::boolean,
         "has a tensor of the wrong kind");
    const std::vector<Item> &lengths = *values[2].elements, &strides = *values[3].elements;
    need(lengths.size() == strides.size() && lengths.size() <= 64, "has a tensor of an impossible shape");
    int64_t last = values[1].number, count = 1;
    bool possible = last >= 0;
    for (size_t axis = 0; axis < lengths.size(); axis++) {
      const Item &length = lengths[axis], &stride = strides[axis];
      int64_t reach = 0;
      possible = possible && length.kind == Item::integer && stride.kind == Item::integer && length.number >= 0 &&
                 stride.number >= 0 && !__builtin_mul_overflow(count, std::max<int64_t>(length.number, 1), &count) &&
                 !__builtin_mul_overflow(std::max<int64_t>(length.number - 1, 0), stride.number, &reach) &&
                 !__builtin_add_overflow(last, reach, &last);
    }
    need(possible && count < (int64_t{1} << 48), "has a tensor of an impossible shape");
    bool is_empty = std::any_of(lengths.begin(), lengths.end(), [](const Item &length) { return length.number == 0; });
    need(is_empty || last < values[0].number, "has a tensor that reaches beyond its data");
  }
};

}  // namespace

ctorch::PickleContent ctorch::check_pickle(const std::string &name, const char *bytes, size_t size) {
  return Walker(name, bytes, size).walk();
}
