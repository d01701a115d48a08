// Compares every function of rkeops/math/vector_math.h with long double references.
//
// In: the number of random arguments per function (optional). Out: one line per function
// and type, `name type max_ulp worst_x ok|FAIL`; exit status 1 if any failed. The error
// is in units in the last place of the exact result; infinities and NaN have to agree.
#include <rkeops/math/vector_math.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

namespace {

int samples = 20000;
bool failed = false;

template <class T>
const char* type_name() {
  return sizeof(T) == sizeof(float) ? "float" : "double";
}

// The error of got in units in the last place; infinite where NaN or infinity disagree.
template <class T>
double error_in_ulp(T got, long double exact) {
  using Limits = std::numeric_limits<T>;
  if (std::isnan(exact) || std::isnan(got)) {
    return std::isnan(exact) && std::isnan(got) ? 0 : INFINITY;
  }
  if (std::isinf(exact)) return got == exact ? 0 : INFINITY;
  int exponent = 0;
  std::frexp(exact, &exponent);
  exponent = std::max(exponent, Limits::min_exponent);
  exponent = std::min(exponent, Limits::max_exponent);
  const long double unit = std::ldexp(1.0L, exponent - Limits::digits);
  const long double overflow = std::ldexp(1.0L, Limits::max_exponent);
  const long double value = std::isinf(got) ? std::copysign(overflow, got) : got;
  if (std::isinf(got) == (std::fabs(exact) >= overflow) && std::isinf(got)) return 0;
  return static_cast<double>(std::fabs(value - exact) / unit);
}

// Arguments between low and high, uniform and of any size, and the special ones.
template <class T>
std::vector<T> arguments(double low, double high, unsigned seed) {
  using Limits = std::numeric_limits<T>;
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::uniform_real_distribution<double> exponent(Limits::min_exponent - Limits::digits,
                                                  std::log2(std::fmax(-low, high)));
  std::vector<T> all = {0, T(-0.0), 1, -1, T(0.5), T(-0.5), 2, -2, 3, -3, 10, -10};
  for (double x : {0.25, 1.5, 2.5, 0.49999999999999994, 100.0, 1e4, 1e6, 1e10, 1e30}) {
    all.insert(all.end(), {T(x), T(-x)});
  }
  for (T x : {Limits::infinity(), Limits::min(), Limits::denorm_min(), Limits::max(),
              Limits::epsilon(), T(1) + Limits::epsilon(), T(1) - Limits::epsilon()}) {
    all.insert(all.end(), {x, -x});
  }
  all.push_back(Limits::quiet_NaN());
  for (int k = 0; k < samples; ++k) {
    const double sign = low < 0 && generator() % 2 ? -1 : 1;
    const double any_size = sign * std::exp2(exponent(generator));
    const bool take_uniform = k % 3 != 0 || any_size < low || any_size > high;
    all.push_back(static_cast<T>(take_uniform ? uniform(generator) : any_size));
  }
  while (all.size() % 64 != 0) all.push_back(1);
  return all;
}

struct Worst {
  double ulp = 0;
  double x = 0;
  double y = 0;
  void update(double ulp_now, double x_now, double y_now = 0) {
    if (ulp_now > ulp) *this = {ulp_now, x_now, y_now};
  }
  void report(const char* name, const char* type, const char* lanes, double limit) const {
    const bool ok = ulp <= limit;
    failed = failed || !ok;
    std::printf("%-20s %s%s %.3g %.17g %.17g %s\n", name, type, lanes, ulp, x, y,
                ok ? "ok" : "FAIL");
  }
};

// How far from the exact value: in units in the last place of it, or of a larger size
// where the function has zeros that no finite precision resolves.
struct Limit {
  double for_float;
  double for_double;
  double least_size = 0;
  bool small_floats_are_zero = false;  // those that are not normal
  template <class T>
  double of() const {
    return sizeof(T) == sizeof(float) ? for_float : for_double;
  }
  template <class T>
  double error(T got, long double exact) const {
    const double ulp = error_in_ulp(got, exact);
    const long double size = std::fabs(exact);
    const bool is_small =
        sizeof(T) == sizeof(float) && size < std::numeric_limits<T>::min();
    if (small_floats_are_zero && is_small && got == 0) return 0;
    return size < least_size && ulp < INFINITY
               ? ulp *
                     std::ldexp(1.0, std::ilogb(size + 1e-300L) - std::ilogb(least_size))
               : ulp;
  }
};

template <class V, class T, class Function, class Reference>
void check_lanes(const char* name, const char* lanes, Function f, Reference reference,
                 Limit limit, const std::vector<T>& xs) {
  Worst worst;
  for (std::size_t i = 0; i < xs.size(); i += rkeops::Lanes<V>::count) {
    T result[rkeops::Lanes<V>::count];
    rkeops::store(result, V(f(rkeops::load<V>(&xs[i]))));
    for (int k = 0; k < rkeops::Lanes<V>::count; ++k) {
      const T x = xs[i + k];
      worst.update(limit.error(result[k], reference(static_cast<long double>(x))), x);
    }
  }
  worst.report(name, type_name<T>(), lanes, limit.of<T>());
}

template <class Function, class Reference>
void check(const char* name, Function f, Reference reference, Limit limit, double low,
           double high) {
  const auto floats = arguments<float>(low, high, 1);
  const auto doubles = arguments<double>(low, high, 2);
  using FloatV = rkeops::LanesOf<float>::V;
  using DoubleV = rkeops::LanesOf<double>::V;
  check_lanes<FloatV>(name, "-lanes", f, reference, limit, floats);
  check_lanes<float>(name, "", f, reference, limit, floats);
  check_lanes<DoubleV>(name, "-lanes", f, reference, limit, doubles);
  check_lanes<double>(name, "", f, reference, limit, doubles);
  check_lanes<rkeops::WideLanes>(name, "-wide", f, reference, limit, doubles);
}

template <class V, class T, class Function, class Reference>
void check_lanes2(const char* name, const char* lanes, Function f, Reference reference,
                  Limit limit, const std::vector<T>& xs, const std::vector<T>& ys) {
  constexpr int count = rkeops::Lanes<V>::count;
  Worst worst;
  for (std::size_t i = 0; i + count <= xs.size(); i += count) {
    T result[count];
    rkeops::store(result, V(f(rkeops::load<V>(&xs[i]), rkeops::load<V>(&ys[i]))));
    for (int k = 0; k < count; ++k) {
      const T x = xs[i + k], y = ys[i + k];
      const auto exact =
          reference(static_cast<long double>(x), static_cast<long double>(y));
      worst.update(limit.error(result[k], exact), x, y);
    }
  }
  worst.report(name, type_name<T>(), lanes, limit.of<T>());
}

// Every special argument meets every other; then random pairs.
template <class T>
void make_pairs(double low, double high, double low_y, double high_y, std::vector<T>* xs,
                std::vector<T>* ys) {
  const auto some_x = arguments<T>(low, high, 3), some_y = arguments<T>(low_y, high_y, 4);
  for (std::size_t i = 0; i < 64; ++i) {
    for (std::size_t j = 0; j < 64; ++j) {
      xs->push_back(some_x[i]);
      ys->push_back(some_y[j]);
    }
  }
  xs->insert(xs->end(), some_x.begin(), some_x.end());
  ys->insert(ys->end(), some_y.begin(), some_y.end());
}

template <class Function, class Reference>
void check2(const char* name, Function f, Reference reference, Limit limit, double low,
            double high, double low_y, double high_y) {
  std::vector<float> fx, fy;
  std::vector<double> dx, dy;
  make_pairs(low, high, low_y, high_y, &fx, &fy);
  make_pairs(low, high, low_y, high_y, &dx, &dy);
  using FloatV = rkeops::LanesOf<float>::V;
  using DoubleV = rkeops::LanesOf<double>::V;
  check_lanes2<FloatV>(name, "-lanes", f, reference, limit, fx, fy);
  check_lanes2<float>(name, "", f, reference, limit, fx, fy);
  check_lanes2<DoubleV>(name, "-lanes", f, reference, limit, dx, dy);
  check_lanes2<double>(name, "", f, reference, limit, dx, dy);
}

using Real = long double;

// The derivative of log gamma, by recurrence up to 60 and three terms of its series.
Real digamma_reference(Real x) {
  if (x <= 0 && x == std::floor(x)) return NAN;
  const Real pi = 3.14159265358979323846264338327950288L;
  if (x < 0) {
    return digamma_reference(1 - x) - pi / std::tan(pi * (x - std::floor(x + 0.5L)));
  }
  Real sum = 0;
  for (; x < 60; x += 1) sum += 1 / x;
  const Real z = 1 / (x * x);
  const Real series = z * (1 / 12.0L - z * (1 / 120.0L - z * (1 / 252.0L - z / 240.0L)));
  return std::log(x) - 0.5L / x - series - sum;
}

Real sinc_derivative_reference(Real x) {
  if (std::fabs(x) > 0.5L) return (std::cos(x) - std::sin(x) / x) / x;
  Real term = -x / 3, sum = 0;
  for (int k = 1; k < 20; ++k) {
    sum += term;
    term *= -x * x * (2 * k + 2) / (2 * k) / ((2 * k + 2) * (2 * k + 3.0L));
  }
  return sum;
}

Real round_half_even(Real x) { return std::nearbyint(x); }
Real nan_or(Real x, Real value) { return std::isnan(x) ? x : value; }
Real either_nan(Real x, Real y, Real value) {
  return std::isnan(x) ? x : std::isnan(y) ? y : value;
}

#define CHECK(call, reference, limit, low, high)  \
  check(                                          \
      #call, [](auto x) { return rkeops::call; }, \
      []([[maybe_unused]] Real x) -> Real { return reference; }, limit, low, high)
#define CHECK2(call, reference, limit, low, high, low_y, high_y) \
  check2(                                                        \
      #call, [](auto x, auto y) { return rkeops::call; },        \
      [](Real x, Real y) -> Real { return reference; }, limit, low, high, low_y, high_y)

void check_exponentials() {
  CHECK(exp(x), std::exp(x), (Limit{2.1, 2, 0, true}), -750, 720);
  CHECK(exp2(x), std::exp2(x), (Limit{2, 2, 0, true}), -1080, 1030);
  CHECK(expm1(x), std::expm1(x), (Limit{2, 2}), -50, 90);
  CHECK(sinh(x), std::sinh(x), (Limit{4, 4}), -720, 720);
  CHECK(cosh(x), std::cosh(x), (Limit{4, 4}), -720, 720);
  CHECK(tanh(x), std::tanh(x), (Limit{2, 2}), -25, 25);
  CHECK(logistic(x), x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)),
        (Limit{4, 3, 0, true}), -750, 50);
  CHECK(softplus(x), x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)),
        (Limit{4, 4, 0, true}), -750, 50);
}

void check_logarithms() {
  CHECK(log(x), std::log(x), (Limit{2, 2}), -1, 5);
  CHECK(log(x), std::log(x), (Limit{2, 2}), -1e300, 1e300);
  CHECK(log2(x), std::log2(x), (Limit{2, 2}), -1, 5);
  CHECK(log10(x), std::log10(x), (Limit{2, 2}), -1, 5);
  CHECK(log1p(x), std::log1p(x), (Limit{2, 2}), -1, 10);
  CHECK(xlogx(x), x == 0 ? 0 : x * std::log(x), (Limit{3, 3}), 0, 100);
  CHECK(asinh(x), std::asinh(x), (Limit{4, 4}), -1e5, 1e5);
  CHECK(acosh(x), std::acosh(x), (Limit{4, 4}), 0.9, 100);
  CHECK(atanh(x), std::atanh(x), (Limit{4, 4}), -1.1, 1.1);
}

void check_circular() {
  CHECK(sin(x), std::sin(x), (Limit{2, 2}), -4, 4);
  CHECK(sin(x), std::sin(x), (Limit{2, 2}), -1e8, 1e8);
  CHECK(cos(x), std::cos(x), (Limit{2, 2}), -4, 4);
  CHECK(cos(x), std::cos(x), (Limit{2, 2}), -1e4, 1e4);
  CHECK(tan(x), std::tan(x), (Limit{4, 4}), -1e4, 1e4);
  CHECK(asin(x), std::asin(x), (Limit{4, 4}), -1.1, 1.1);
  CHECK(acos(x), std::acos(x), (Limit{4, 4}), -1.1, 1.1);
  CHECK(atan(x), std::atan(x), (Limit{2, 2}), -10, 10);
  CHECK2(atan2(x, y), std::atan2(x, y), (Limit{4, 4}), -10, 10, -10, 10);
  CHECK(sinxdivx(x), x == 0 ? 1 : std::sin(x) / x, (Limit{3, 3}), -20, 20);
  CHECK(sinxdivx_derivative(x), sinc_derivative_reference(x), (Limit{8, 8, 0.05}), -20,
        20);
}

void check_special() {
  CHECK(erf(x), std::erf(x), (Limit{2, 2}), -7, 7);
  CHECK(erfc(x), std::erfc(x), (Limit{4, 4}), -7, 28);
  CHECK(lgamma(x), std::lgamma(x), (Limit{8, 8, 1}), -20, 200);
  CHECK(digamma(x), digamma_reference(x), (Limit{4, 8, 4}), -20, 200);
}

void check_powers() {
  CHECK2(pow(x, y), std::pow(x, y), (Limit{2, 2}), 0, 20, -50, 50);
  CHECK2(pow(x, y), std::pow(x, y), (Limit{2, 2}), 0.5, 2, -1100, 1100);
  CHECK2(pow(x, y), std::pow(x, y), (Limit{2, 2}), -20, 20, -50, 50);
  CHECK2(pow(x, rkeops::trunc(y)), std::pow(x, std::trunc(y)), (Limit{2, 2}), -5, 5, -40,
         40);
  CHECK(pow(x, -3), std::pow(x, Real(-3)), (Limit{2, 2}), -10, 10);
  CHECK(sqrt(x), std::sqrt(x), (Limit{0.5, 0.5}), 0, 100);
  CHECK(rsqrt(x), x == 0 ? 0 : 1 / std::sqrt(x), (Limit{2, 2}), 0, 100);
  CHECK(inverse(x), 1 / x, (Limit{0.5, 0.5}), -100, 100);
  CHECK(square(x), x * x, (Limit{0.5, 0.5}), -100, 100);
  CHECK(integer_power<5>(x), x * x * x * x * x, (Limit{4, 4}), -10, 10);
  CHECK(integer_power<-2>(x), 1 / (x * x), (Limit{6, 4}), -10, 10);
  CHECK(integer_power<0>(x), Real(1), (Limit{0, 0}), -10, 10);
  CHECK(integer_power(x, 5), x * x * x * x * x, (Limit{4, 4}), -10, 10);
  CHECK(integer_power(x, -2), 1 / (x * x), (Limit{6, 4}), -10, 10);
  CHECK(integer_power(x, 0), Real(1), (Limit{0, 0}), -10, 10);
}

void check_simple() {
  CHECK(abs(x), std::fabs(x), (Limit{0, 0}), -10, 10);
  CHECK(sign(x), nan_or(x, (x > 0) - (x < 0)), (Limit{0, 0}), -10, 10);
  CHECK(step(x), nan_or(x, x < 0 ? 0 : 1), (Limit{0, 0}), -10, 10);
  CHECK(relu(x), x < 0 ? 0 : x, (Limit{0, 0}), -10, 10);
  CHECK(floor(x), std::floor(x), (Limit{0, 0}), -1e5, 1e5);
  CHECK(ceil(x), std::ceil(x), (Limit{0, 0}), -1e5, 1e5);
  CHECK(trunc(x), std::trunc(x), (Limit{0, 0}), -1e5, 1e5);
  CHECK(round_digits(x, 0), round_half_even(x), (Limit{0, 0}), -1e5, 1e5);
  CHECK(modulo(x, 4, -1), x - 4 * std::floor((x + 1) / 4), (Limit{1, 1, 4}), -100, 100);
  CHECK(clamp(x, -1, 2), nan_or(x, x < -1 ? -1 : x > 2 ? 2 : x), (Limit{0, 0}), -5, 5);
  CHECK2(minimum(x, y), either_nan(x, y, x < y ? x : y), (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(maximum(x, y), either_nan(x, y, x > y ? x : y), (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(less(x, y), x < y, (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(less_equal(x, y), x <= y, (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(greater(x, y), x > y, (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(greater_equal(x, y), x >= y, (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(equal(x, y), x == y, (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(not_equal(x, y), x != y, (Limit{0, 0}), -5, 5, -5, 5);
  CHECK2(if_else(x, x, y), x >= 0 ? x : y, (Limit{0, 0}), -5, 5, -5, 5);
}

}  // namespace

int main(int count, char** values) {
  if (count > 1) samples = std::atoi(values[1]);
  check_exponentials();
  check_logarithms();
  check_circular();
  check_special();
  check_powers();
  check_simple();
  return failed ? 1 : 0;
}
