// The name of a compiled formula: a digest of everything its machine code depends on.
#pragma once

#include <string>
#include <vector>

namespace rkeops {

struct KeyParts {
  std::string code;                // the generated text without comments
  std::vector<std::string> flags;  // `key_flags()` of the toolchain
  std::string compiler;            // `compiler_identity()` of the toolchain
  std::string processor;           // `cpu_identity()`, or the CUDA architecture
  std::string package_version;
  int abi_version = 0;
  std::string headers_digest;  // `headers_digest()`
};

/// 32 hexadecimal digits; different parts give different keys.
std::string library_key(const KeyParts& parts);

/// Digest of all files in `<include_directory>/rkeops`; read once in a session.
std::string headers_digest(const std::string& include_directory);

/// Names what `-march=native` depends on: model and instruction sets of this machine's
/// processor.
std::string cpu_identity();

}  // namespace rkeops
