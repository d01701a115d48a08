// In: the parts a compiled formula depends on. Out: one short name.
//
// Every part enters the digest with its length before it, so that no two lists of parts
// are the same text ("ab","c" and "a","bc" differ).
#include "build/key.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <system_error>

#include "base/diagnostic.h"
#include "build/sha256.h"

namespace rkeops {
namespace {

void append(std::string& text, const std::string& part) {
  text += std::to_string(part.size()) + ":" + part;
}

Error unreadable(const std::string& path, int error) {
  return Error(ErrorKind::compile, "Cannot read the headers of the package",
               {path + ": " + std::generic_category().message(error)},
               {"Install the package again."});
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file.peek() != std::ifstream::traits_type::eof()) text << file.rdbuf();
  if (!file.is_open() || file.bad() || text.bad()) throw unreadable(path, errno);
  return text.str();
}

/// In alphabetical order, without hidden files and the copies that editors leave.
std::vector<std::string> names_in(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(opendir(directory.c_str()), closedir);
  if (stream == nullptr) throw unreadable(directory, errno);
  std::vector<std::string> names;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name.front() != '.' && name.back() != '~') names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_directory(const std::string& path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void append_files(std::string& text, const std::string& directory,
                  const std::string& prefix) {
  for (const std::string& name : names_in(directory)) {
    const std::string path = directory + "/" + name;
    if (is_directory(path)) {
      append_files(text, path, prefix + name + "/");
    } else {
      append(text, prefix + name);
      append(text, read_file(path));
    }
  }
}

bool names_the_processor(const std::string& line) {
  static const std::vector<std::string> fields = {"vendor_id",
                                                  "cpu family",
                                                  "model",
                                                  "stepping",
                                                  "flags",
                                                  "CPU implementer",
                                                  "CPU architecture",
                                                  "CPU variant",
                                                  "CPU part",
                                                  "Features",
                                                  "cpu",
                                                  "isa",
                                                  "uarch"};
  const std::string field = line.substr(0, line.find_first_of("\t:"));
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

/// The lines of the first processor in /proc/cpuinfo that do not change while it runs
/// (its clock does).
std::string linux_processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string text, line;
  while (std::getline(file, line) && !line.empty())
    if (names_the_processor(line)) text += line + "\n";
  return text;
}

/// A system that does not list instruction sets uses a library only on the host that
/// built it.
std::string host_and_machine() {
  utsname names{};
  uname(&names);
  return std::string(names.machine) + " " + names.nodename;
}

}  // namespace

std::string library_key(const KeyParts& parts) {
  std::string text;
  append(text, parts.code);
  append(text, std::to_string(parts.flags.size()));
  for (const std::string& flag : parts.flags) append(text, flag);
  append(text, parts.compiler);
  append(text, parts.processor);
  append(text, parts.package_version);
  append(text, std::to_string(parts.abi_version));
  append(text, parts.headers_digest);
  return sha256_hex(text).substr(0, 32);
}

std::string headers_digest(const std::string& include_directory) {
  static std::mutex mutex;
  static std::map<std::string, std::string> digests;
  const std::lock_guard<std::mutex> lock(mutex);
  std::string& digest = digests[include_directory];
  if (digest.empty()) {
    std::string text;
    append_files(text, include_directory + "/rkeops", "");
    digest = sha256_hex(text);
  }
  return digest;
}

std::string cpu_identity() {
  static const std::string identity = [] {
    const std::string processor = linux_processor();
    return processor.empty() ? host_and_machine() : processor;
  }();
  return identity;
}

}  // namespace rkeops
