// Numbers as pairs of whole ones, whose sums are exact: the same bits in any order, on
// any engine. Included by the package and by kernels of a GPU.
#ifndef RKEOPS_FIXED_POINT_H
#define RKEOPS_FIXED_POINT_H

#ifdef __CUDACC__
#define RKEOPS_ANYWHERE __host__ __device__ inline
#else
#define RKEOPS_ANYWHERE inline
#endif

namespace rkeops {

/// A number is high * unit + low * low_unit, with an error of at most half a low unit.
struct FixedPoint {
  double scale, low_scale, unit, low_unit;

  /// To the nearest whole number, the even one of two, of up to 2^51.
  RKEOPS_ANYWHERE static double rounded(double x) {
    const double shift = 6755399441055744.0;  // 1.5 * 2^52
    return (x + shift) - shift;
  }

  RKEOPS_ANYWHERE void split(double number, long long& high, long long& low) const {
    const double scaled = number * scale;
    const double whole = rounded(scaled);
    high = (long long)whole;
    low = (long long)rounded((scaled - whole) * low_scale);
  }

  /// The same of weights: one that is not 0 remains so.
  RKEOPS_ANYWHERE void split_weight(double weight, long long& high,
                                    long long& low) const {
    split(weight, high, low);
    if (weight > 0 && high == 0 && low == 0) low = 1;
  }

  RKEOPS_ANYWHERE double value(long long high, long long low) const {
    return double(high) * unit + double(low) * low_unit;
  }
};

/// One of two words of a sum, of which there are components and, last, weights.
RKEOPS_ANYWHERE long long label_word(long long label, int components, int component,
                                     int word) {
  return (label * (components + 1) + component) * 2 + word;
}

}  // namespace rkeops

#endif
