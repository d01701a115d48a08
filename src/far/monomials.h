// Polynomials of up to three variables as numbers before their monomials: moments of
// columns about the middle of a cube, and local polynomials of rows.
#pragma once

#include <cstddef>
#include <vector>

namespace rkeops {

/// All monomials of total degree below `order`, by degree: those of a lower order are the
/// first ones.
class Monomials {
 public:
  static constexpr int most_variables = 3;
  /// Pairs that are expanded at once.
  static constexpr int batch = 8;

  Monomials(int variables, int order);

  int variables() const { return variables_; }
  int order() const { return order_; }
  /// How many there are below an order.
  int count(int order) const { return count_[size_t(order)]; }
  int count() const { return count_.back(); }
  int degree(int monomial) const { return degree_[size_t(monomial)]; }
  int power(int monomial, int variable) const {
    return powers_[size_t(monomial * most_variables + variable)];
  }
  /// a! b! c! for the powers of a monomial.
  double factorials(int monomial) const { return factorials_[size_t(monomial)]; }
  /// The monomial of these powers; they are of a degree below `order`.
  int find(const int* powers) const;

  /// The values at a point.
  void evaluate(const double* point, int count, double* values) const;

  /// Moments about the middle of half a cube, in its half side, become those about the
  /// middle of the cube: `sides` are -1 or 1 for each variable.
  void raise(const int* sides, int order, double* moments) const;
  /// The polynomial of a cube becomes that of half of it.
  void lower(const int* sides, int order, double* local) const;

  /// local[a] += sum of table[a + b] * moments[b] over all b with a + b below the order,
  /// for `batch` pairs side by side.
  void convert(int order, const double* table, const double* moments,
               double* local) const;
  /// Multiplications of that for one pair.
  double work(int order) const { return work_[size_t(order)]; }

 private:
  void list_all();
  void link_neighbours();
  void list_sums();

  int variables_, order_;
  std::vector<int> count_, degree_, powers_, parent_, variable_;
  std::vector<double> factorials_, work_;
  std::vector<std::vector<double>> binomial_;
  std::vector<double> halves_;                                    // powers of 1 / 2
  std::vector<int> less_[most_variables], more_[most_variables];  // -1: none
  std::vector<int> index_;                                        // by powers
  std::vector<unsigned short> sums_;                              // a + b
  std::vector<long long> first_sum_;
};

}  // namespace rkeops
