// The parts for processors with AVX2 and FMA. Headers of the system come first: they are
// compiled for every processor.
#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iosfwd>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "dense/dense_parts.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("avx2,fma")
#define Eigen rkeops_eigen_avx2
#include "dense/eigen_parts.h"
#undef Eigen

const rkeops::DenseParts* rkeops::avx2_dense_parts() { return &parts; }

#else
const rkeops::DenseParts* rkeops::avx2_dense_parts() { return nullptr; }
#endif
