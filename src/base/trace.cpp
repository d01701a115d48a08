#include "base/trace.h"

#include <thread>

namespace rkeops {

namespace {

TraceWriter current_writer = nullptr;
std::thread::id writing_thread;

std::string below(const std::string& text) {
  std::string result;
  bool begins_line = true;
  for (const char one : text) {
    if (begins_line && one != '\n') result += "  ";
    result += one;
    begins_line = one == '\n';
  }
  return begins_line ? result : result + "\n";
}

}  // namespace

void trace_to(TraceWriter writer) {
  writing_thread = std::this_thread::get_id();
  current_writer = writer;
}

bool is_traced() {
  return current_writer && std::this_thread::get_id() == writing_thread;
}

void trace(const std::string& stage, const std::string& text) {
  if (!is_traced()) return;
  const bool is_long = text.find('\n') != std::string::npos;
  current_writer("rkeops " + stage + ":" +
                 (is_long ? "\n" + below(text) : " " + text + "\n"));
}

}  // namespace rkeops
