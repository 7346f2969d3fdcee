// The stack machine that a pickle is a program for. Private to ScriptPickle.cpp.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "Boundary.h"

namespace ctorch {

/// What stands on the pickle's stack, as far as it matters.
struct Item {
  enum Kind { integer, boolean, text, function, class_name, storage_type, storage, fresh, list, dictionary, tuple, other };

  Kind kind;
  /// The integer itself; the bytes per element of a storage's type; the elements of a storage; what kind an empty (fresh)
  /// container is.
  int64_t number = 0;
  /// The text itself, or the name of a function or class.
  std::string text_value = {};
  /// A tuple's.
  std::shared_ptr<const std::vector<Item>> elements = nullptr;
  /// How deep what it holds is nested.
  unsigned depth = 0;
};

/// Takes a pickle's bytes from the first to the last, and keeps its stack, its marks and its memo; the errors say where they were found.
class PickleMachine {
 protected:
  PickleMachine(const std::string &name, const char *bytes, size_t size) : name(name), bytes(bytes), size(size) {}

  /// Deeper values could overflow the stack when they are freed.
  static constexpr unsigned deepest = 200;

  const std::string &name;
  const char *bytes;
  size_t size, position = 0;
  std::vector<Item> stack, memo;
  std::vector<size_t> marks;

  [[noreturn]] void fail(const std::string &what) const {
    throw Refusal{CT_DAMAGED, name + " " + what + " (byte " + std::to_string(position) + ")"};
  }

  void need(bool holds, const char *what) const {
    if (!holds) fail(what);
  }

  const char *take(size_t count) {
    need(count <= size - position, "is cut off");
    position += count;
    return bytes + position - count;
  }

  uint8_t byte() { return static_cast<uint8_t>(*take(1)); }

  template <typename Number>
  Number number() {
    Number value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }

  std::string line() {
    const void *end = std::memchr(bytes + position, '\n', size - position);
    need(end != nullptr, "is cut off");
    std::string text(bytes + position, static_cast<const char *>(end));
    position += text.size() + 1;
    return text;
  }

  void push(Item::Kind kind, int64_t number = 0, std::string text = {}) {
    stack.push_back({kind, number, std::move(text)});
  }

  Item pop() {
    need(stack.size() > (marks.empty() ? 0 : marks.back()), "takes more values than there are");
    Item item = std::move(stack.back());
    stack.pop_back();
    return item;
  }

  Item pop(Item::Kind kind) {
    Item item = pop();
    need(item.kind == kind, "has a value of the wrong kind");
    return item;
  }

  std::vector<Item> pop_to_mark() {
    need(!marks.empty(), "takes more values than there are");
    std::vector<Item> items(
        std::make_move_iterator(stack.begin() + marks.back()), std::make_move_iterator(stack.end()));
    stack.resize(marks.back(), {Item::other});
    marks.pop_back();
    return items;
  }

  unsigned depth_of(const std::vector<Item> &items) const {
    unsigned depth = 0;
    for (const auto &item : items) {
      need(item.kind != Item::function && item.kind != Item::class_name, "has a value of the wrong kind");
      depth = std::max(depth, item.depth);
    }
    need(depth < deepest, "nests its values too deeply");
    return depth + 1;
  }

  void push_tuple(std::vector<Item> items) {
    unsigned depth = depth_of(items);
    auto elements = std::make_shared<const std::vector<Item>>(std::move(items));
    stack.push_back({Item::tuple, 0, {}, std::move(elements), depth});
  }

  void push_tuple(int count) {
    std::vector<Item> items(count, Item{Item::other});
    for (int i = count; i-- > 0;) items[i] = pop();
    push_tuple(std::move(items));
  }

  /// Fills the empty list or dictionary under the mark. One that is filled already might hold itself.
  void fill(Item::Kind kind) {
    std::vector<Item> items = pop_to_mark();
    need(kind == Item::list || items.size() % 2 == 0, "has a key without a value");
    Item container = pop(Item::fresh);
    need(container.number == kind, "has a value of the wrong kind");
    stack.push_back({kind, 0, {}, nullptr, depth_of(items)});
  }

  void remember(size_t place) {
    need(place == memo.size(), "remembers values in another order than torch.jit.save");
    Item item = pop();
    if (item.kind == Item::fresh) item.kind = static_cast<Item::Kind>(item.number);
    memo.push_back(item);
    stack.push_back(std::move(item));
  }

  void recall(size_t place) {
    need(place < memo.size(), "recalls a value that it does not have");
    stack.push_back(memo[place]);
  }
};

}  // namespace ctorch
