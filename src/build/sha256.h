// The hash that names cached files (FIPS 180-4).
#pragma once

#include <string>

namespace rkeops {

/// SHA-256 of the bytes of `message`, as 64 lower-case hexadecimal digits.
std::string sha256_hex(const std::string& message);

}  // namespace rkeops
