// The parts for every processor of the architecture.
#include "dense/eigen_parts.h"

const rkeops::DenseParts& rkeops::baseline_dense_parts() { return parts; }
