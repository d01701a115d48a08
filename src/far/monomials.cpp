#include "far/monomials.h"

#include <algorithm>
#include <cmath>

#include "base/processors.h"

namespace rkeops {

namespace {

constexpr int axes = Monomials::most_variables, batch = Monomials::batch;

double binomial(int n, int k) {
  double value = 1;
  for (int j = 1; j <= k; ++j) value = value * (n - k + j) / j;
  return std::round(value);
}

using Lanes = double __attribute__((vector_size(8 * batch), aligned(8)));

// For all monomials a: the terms of all b, whose sums with a are listed.
RKEOPS_FOR_EACH_PROCESSOR void convert_all(const double* table,
                                           const unsigned short* sums,
                                           const long long* first, const int* counts,
                                           int count, const double* moments,
                                           double* local) {
  for (int a = 0; a < count; ++a) {
    const unsigned short* const places = sums + first[a];
    Lanes even = {0}, odd = {0};
    int b = 0;
    for (; b + 1 < counts[a]; b += 2) {
      even += table[places[b]] * *reinterpret_cast<const Lanes*>(moments + b * batch);
      odd += table[places[b + 1]] *
             *reinterpret_cast<const Lanes*>(moments + (b + 1) * batch);
    }
    if (b < counts[a])
      even += table[places[b]] * *reinterpret_cast<const Lanes*>(moments + b * batch);
    *reinterpret_cast<Lanes*>(local + a * batch) += even + odd;
  }
}

}  // namespace

Monomials::Monomials(int variables, int order) : variables_(variables), order_(order) {
  list_all();
  link_neighbours();
  list_sums();
  for (int n = 0; n < order; ++n) {
    binomial_.emplace_back();
    halves_.push_back(std::ldexp(1.0, -n));
    for (int k = 0; k <= n; ++k) binomial_.back().push_back(binomial(n, k));
  }
}

void Monomials::list_all() {
  index_.assign(size_t(order_ * order_ * order_), -1);
  count_ = {0};
  for (int degree = 0; degree < order_; ++degree) {
    for (int a = degree; a >= 0; --a)
      for (int b = degree - a; b >= 0; --b) {
        const int c = degree - a - b;
        if ((variables_ < 2 && b > 0) || (variables_ < 3 && c > 0)) continue;
        index_[size_t((a * order_ + b) * order_ + c)] = int(degree_.size());
        degree_.push_back(degree);
        powers_.insert(powers_.end(), {a, b, c});
      }
    count_.push_back(int(degree_.size()));
  }
}

void Monomials::link_neighbours() {
  const size_t all = degree_.size();
  parent_.assign(all, 0);
  variable_.assign(all, 0);
  factorials_.assign(all, 1);
  for (int k = 0; k < axes; ++k) {
    less_[k].assign(all, -1);
    more_[k].assign(all, -1);
  }
  for (int m = 0; m < int(all); ++m)
    for (int k = 0; k < axes; ++k) {
      if (power(m, k) == 0) continue;
      for (int j = 2; j <= power(m, k); ++j) factorials_[size_t(m)] *= j;
      int powers[axes] = {power(m, 0), power(m, 1), power(m, 2)};
      --powers[k];
      const int before = find(powers);
      less_[k][size_t(m)] = before;
      more_[k][size_t(before)] = m;
      parent_[size_t(m)] = before;
      variable_[size_t(m)] = k;
    }
}

void Monomials::list_sums() {
  for (int a = 0; a < count(); ++a) {
    first_sum_.push_back((long long)sums_.size());
    for (int b = 0; b < count(order_ - degree(a)); ++b) {
      const int powers[axes] = {power(a, 0) + power(b, 0), power(a, 1) + power(b, 1),
                                power(a, 2) + power(b, 2)};
      sums_.push_back((unsigned short)find(powers));
    }
  }
  for (int order = 0; order <= order_; ++order) {
    double work = 0;
    for (int a = 0; a < count(order); ++a) work += count(order - degree(a));
    work_.push_back(work);
  }
}

int Monomials::find(const int* powers) const {
  return index_[size_t((powers[0] * order_ + powers[1]) * order_ + powers[2])];
}

void Monomials::evaluate(const double* point, int count, double* values) const {
  values[0] = 1;
  for (int m = 1; m < count; ++m)
    values[m] = values[parent_[size_t(m)]] * point[variable_[size_t(m)]];
}

// y of the cube is (y of its half + side) / 2. Those of higher degree come first, as they
// read those of lower.
void Monomials::raise(const int* sides, int order, double* moments) const {
  for (int k = 0; k < variables_; ++k)
    for (int m = count(order) - 1; m >= 0; --m) {
      const int high = power(m, k);
      double sum = 0, sign = 1;
      for (int low = high, from = m; low >= 0; --low) {
        sum += binomial_[size_t(high)][size_t(low)] * sign * moments[from];
        sign *= sides[k];
        from = less_[k][size_t(from)];
      }
      moments[m] = sum * halves_[size_t(high)];
    }
}

void Monomials::lower(const int* sides, int order, double* local) const {
  for (int k = 0; k < variables_; ++k)
    for (int m = 0; m < count(order); ++m) {
      const int low = power(m, k), most = low + order - 1 - degree(m);
      double sum = 0, sign = 1;
      for (int high = low, from = m; high <= most; ++high) {
        sum += binomial_[size_t(high)][size_t(low)] * halves_[size_t(high)] * sign *
               local[from];
        sign *= sides[k];
        from = more_[k][size_t(from)];
      }
      local[m] = sum;
    }
}

void Monomials::convert(int order, const double* table, const double* moments,
                        double* local) const {
  std::vector<int> counts;
  for (int a = 0; a < count(order); ++a) counts.push_back(count(order - degree(a)));
  convert_all(table, sums_.data(), first_sum_.data(), counts.data(), count(order),
              moments, local);
}

}  // namespace rkeops
