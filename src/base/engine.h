// The places where generated code runs.
#pragma once

namespace rkeops {

enum class Engine { cpu, cuda };

/// "cpu" or "cuda".
inline const char* engine_name(Engine engine) {
  return engine == Engine::cpu ? "cpu" : "cuda";
}

}  // namespace rkeops
