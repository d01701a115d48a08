// The trace of the option `trace`: every stage says what it makes when it happens.
#pragma once

#include <string>

namespace rkeops {

/// Writes one piece of the trace.
using TraceWriter = void (*)(const std::string& text);

/// Begins a trace; nullptr ends it. Stages of other threads than that of the caller are
/// left out.
void trace_to(TraceWriter writer);

/// Whether a text that takes time to write is wanted.
bool is_traced();

/// Writes "rkeops <stage>: <text>"; a text of several lines stands below its stage.
void trace(const std::string& stage, const std::string& text);

}  // namespace rkeops
