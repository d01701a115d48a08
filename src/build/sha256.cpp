// SHA-256 as written in FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2; the names are its.
#include "build/sha256.h"

#include <array>
#include <cstdint>

namespace rkeops {
namespace {

using Word = std::uint32_t;

// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::array<Word, 64> K = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

// The same of the square roots of the first 8 primes.
constexpr std::array<Word, 8> initial_hash = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                              0xa54ff53a, 0x510e527f, 0x9b05688c,
                                              0x1f83d9ab, 0x5be0cd19};

constexpr Word rotate_right(Word x, int n) { return (x >> n) | (x << (32 - n)); }

constexpr Word choose(Word x, Word y, Word z) { return (x & y) ^ (~x & z); }

constexpr Word majority(Word x, Word y, Word z) { return (x & y) ^ (x & z) ^ (y & z); }

constexpr Word big_sigma_0(Word x) {
  return rotate_right(x, 2) ^ rotate_right(x, 13) ^ rotate_right(x, 22);
}

constexpr Word big_sigma_1(Word x) {
  return rotate_right(x, 6) ^ rotate_right(x, 11) ^ rotate_right(x, 25);
}

constexpr Word small_sigma_0(Word x) {
  return rotate_right(x, 7) ^ rotate_right(x, 18) ^ (x >> 3);
}

constexpr Word small_sigma_1(Word x) {
  return rotate_right(x, 17) ^ rotate_right(x, 19) ^ (x >> 10);
}

/// The message, a bit 1, zeros, and the length in bits: a whole number of 64-byte blocks.
std::string padded(const std::string& message) {
  std::string text = message + '\x80';
  text.append((64 + 56 - text.size() % 64) % 64, '\0');
  const std::uint64_t bits = std::uint64_t{8} * message.size();
  for (int shift = 56; shift >= 0; shift -= 8)
    text.push_back(static_cast<char>((bits >> shift) & 0xff));
  return text;
}

/// The 16 big-endian words of a block, followed by the 48 that are made of them.
std::array<Word, 64> message_schedule(const char* block) {
  std::array<Word, 64> W;
  for (int t = 0; t < 16; ++t) {
    W[t] = 0;
    for (int byte = 0; byte < 4; ++byte)
      W[t] = (W[t] << 8) | static_cast<unsigned char>(block[4 * t + byte]);
  }
  for (int t = 16; t < 64; ++t)
    W[t] = small_sigma_1(W[t - 2]) + W[t - 7] + small_sigma_0(W[t - 15]) + W[t - 16];
  return W;
}

void add_block(std::array<Word, 8>& hash, const char* block) {
  const std::array<Word, 64> W = message_schedule(block);
  auto [a, b, c, d, e, f, g, h] = hash;
  for (int t = 0; t < 64; ++t) {
    const Word T1 = h + big_sigma_1(e) + choose(e, f, g) + K[t] + W[t];
    const Word T2 = big_sigma_0(a) + majority(a, b, c);
    h = g;
    g = f;
    f = e;
    e = d + T1;
    d = c;
    c = b;
    b = a;
    a = T1 + T2;
  }
  const std::array<Word, 8> working = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) hash[i] += working[i];
}

}  // namespace

std::string sha256_hex(const std::string& message) {
  std::array<Word, 8> hash = initial_hash;
  const std::string text = padded(message);
  for (std::size_t start = 0; start < text.size(); start += 64)
    add_block(hash, text.data() + start);
  std::string digits;
  for (Word word : hash)
    for (int shift = 28; shift >= 0; shift -= 4)
      digits.push_back("0123456789abcdef"[(word >> shift) & 0xf]);
  return digits;
}

}  // namespace rkeops
