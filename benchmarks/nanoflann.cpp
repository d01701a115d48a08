// K nearest neighbours by nanoflann (Debian: libnanoflann-dev), for
// benchmarks/pruning.R, which compiles this by Rcpp::sourceCpp().
#include <Rcpp.h>

#include <nanoflann.hpp>
#include <thread>
#include <vector>

namespace {

struct Cloud {
  const std::vector<double>& points;
  const size_t count, dimension;
  size_t kdtree_get_point_count() const { return count; }
  double kdtree_get_pt(size_t point, size_t k) const {
    return points[point * dimension + k];
  }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};

std::vector<double> by_points(const Rcpp::NumericMatrix& x) {
  std::vector<double> points(x.size());
  for (int i = 0; i < x.nrow(); ++i)
    for (int k = 0; k < x.ncol(); ++k) points[size_t(i) * x.ncol() + k] = x(i, k);
  return points;
}

template <int dimension>
void search(const std::vector<double>& queries, const std::vector<double>& points,
            int count, int threads, double* index, double* distance) {
  using Metric = nanoflann::L2_Simple_Adaptor<double, Cloud>;
  using Tree = nanoflann::KDTreeSingleIndexAdaptor<Metric, Cloud, dimension>;
  const Cloud cloud{points, points.size() / dimension, dimension};
  const Tree tree(dimension, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(10));
  const size_t rows = queries.size() / dimension;
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      std::vector<unsigned> found(count);
      std::vector<double> squares(count);
      for (size_t row = rows * t / threads; row < rows * (t + 1) / threads; ++row) {
        tree.knnSearch(&queries[row * dimension], count, found.data(), squares.data());
        for (int k = 0; k < count; ++k) {
          index[row + k * rows] = found[k] + 1.0;
          distance[row + k * rows] = squares[k];
        }
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
}

}  // namespace

// Indices and squared distances, a row a point.
// [[Rcpp::export]]
Rcpp::List nanoflann_neighbours(Rcpp::NumericMatrix x, Rcpp::NumericMatrix y, int count,
                                int threads) {
  const std::vector<double> queries = by_points(x), points = by_points(y);
  Rcpp::NumericMatrix index(x.nrow(), count), distance(x.nrow(), count);
  const auto run = [&](auto how) {
    how(queries, points, count, threads, index.begin(), distance.begin());
  };
  switch (x.ncol()) {
    case 2:
      run(search<2>);
      break;
    case 3:
      run(search<3>);
      break;
    case 8:
      run(search<8>);
      break;
    case 16:
      run(search<16>);
      break;
    default:
      Rcpp::stop("no tree of this dimension");
  }
  return Rcpp::List::create(Rcpp::Named("index") = index,
                            Rcpp::Named("distance") = distance);
}
