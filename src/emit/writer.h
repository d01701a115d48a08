// Lines of source text with indentation; nothing about kernels.
#pragma once

#include <string>

namespace rkeops {

class Writer {
 public:
  void line(const std::string& text = "") {
    if (!text.empty()) text_ += std::string(size_t(2 * depth_), ' ') + text;
    text_ += "\n";
  }
  /// A line with a comment behind it.
  void line(const std::string& text, const std::string& comment) {
    line(text + "  // " + comment);
  }
  /// `text {`, and everything deeper until `close`.
  void open(const std::string& text) {
    line(text + " {");
    ++depth_;
  }
  void close(const std::string& text = "}") {
    --depth_;
    line(text);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  int depth_ = 0;
};

}  // namespace rkeops
