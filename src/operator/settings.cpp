#include "operator/settings.h"

#include <unistd.h>

namespace rkeops {

int Settings::usable_threads() const { return threads_process == getpid() ? threads : 1; }

}  // namespace rkeops
