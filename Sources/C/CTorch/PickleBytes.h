#pragma once

#include <cstring>
#include <string>

#include "Boundary.h"

namespace ctorch {

/// The bytes of a pickle, read from the first to the last; the errors say where they were found.
class PickleBytes {
 public:
  PickleBytes(const std::string &name, const char *bytes, size_t size) : name(name), bytes(bytes), size(size) {}

 protected:
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

  bool at_end() const { return position == size; }

 private:
  const std::string &name;
  const char *bytes;
  size_t size, position = 0;
};

}  // namespace ctorch
