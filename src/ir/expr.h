// The typed expression: an immutable, hash-consed graph of small vectors.
//
// Semantics every pass must keep: a node is a vector of `dimension` real numbers for each
// element of its index space (see Level). Floating point as IEEE says: NaN and Inf are
// values, 0 * x is not 0 and x - x is not 0. Passes may change the order of sums and
// products (rounding), never what is NaN.
//
// Building the same node twice in one graph gives the same node, so equality is identity,
// common subexpressions are shared by construction, and children are always older than
// their parents.
#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace rkeops {

struct Operation;
struct Reduction;
struct Node;
class Graph;

/// Components of the longest vector in a formula.
constexpr int largest_dimension = 1 << 20;

/// The indices a value varies with; a set of bits. `none` holds constants and parameters.
enum Level : unsigned { level_none = 0, level_i = 1, level_j = 2, level_pair = 3 };

inline Level join(Level a, Level b) { return Level(unsigned(a) | unsigned(b)); }
inline Level without(Level a, Level b) { return Level(unsigned(a) & ~unsigned(b)); }
inline bool within(Level a, Level b) { return without(a, b) == level_none; }

/// "parameter", "i", "j" or "pair".
const char* level_name(Level level);
/// "Vi", "Vj" or "Pm": how formulas call a variable of this level.
const char* category_name(Level level);

/// A handle with the meaning of a value; cheap to copy, compared by identity.
class Expr {
 public:
  Expr() = default;
  explicit Expr(const Node* node) : node_(node) {}
  const Node* operator->() const { return node_; }
  const Node& operator*() const { return *node_; }
  explicit operator bool() const { return node_ != nullptr; }
  bool operator==(const Expr& other) const { return node_ == other.node_; }
  bool operator!=(const Expr& other) const { return node_ != other.node_; }

 private:
  const Node* node_ = nullptr;
};

/// A reduction goes over all elements of its index, or over those that a cover of the
/// pairs (base/pair_cover.h) has for an element of the other index, with which the result
/// varies then.
enum class Over { index, cover };

enum class NodeKind { variable, index, constant, operation, reduction };

struct Node {
  NodeKind kind = NodeKind::constant;
  int dimension = 1;
  Level level = level_none;
  bool is_constant = false;  // made of constants alone

  std::string name;  // variables: as the user calls it
  int position = 0;  // variables: which input of the operator, from 0
  double value = 0;  // constants: of every component

  const Operation* operation = nullptr;
  const Reduction* reduction = nullptr;
  Level reduced = level_none;  // reductions: the index that is reduced
  Over over = Over::index;     // reductions
  std::vector<Expr> children;
  std::vector<int> integers;  // integer arguments of the operation or reduction

  int id = 0;      // order of creation in its graph
  int height = 0;  // nodes above the lowest of what it is made of
  Graph* graph = nullptr;
};

/// Owns the nodes; nodes live as long as the graph.
class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// `level` is level_i, level_j or level_none (a parameter).
  Expr variable(const std::string& name, int position, Level level, int dimension);
  Expr constant(double value, int dimension = 1);
  /// The number (from 0) of the element with this index, as its remainder modulo 2^20 and
  /// the rest, which are exact in float32.
  Expr index(Level level);
  /// Children of valid dimensions only: the rule of the operation raises what is wrong. A
  /// row of the table that is a definition is replaced by what it stands for.
  Expr apply(const Operation& operation, std::vector<Expr> children,
             std::vector<int> integers = {});
  Expr reduce(const Reduction& reduction, Level reduced, std::vector<Expr> children,
              std::vector<int> integers = {}, Over over = Over::index);
  /// The same operation or reduction as `node`, of any graph, of these children.
  Expr again(Expr node, std::vector<Expr> children);

  /// The reductions that a formula is written with go over this.
  Over over = Over::index;

 private:
  Expr intern(Node node);
  std::deque<Node> nodes_;
  std::unordered_multimap<size_t, const Node*> index_;
};

/// The nodes that `roots` are made of, children before parents, each once. Nodes below a
/// reduction are included only on demand.
std::vector<Expr> sorted_nodes(const std::vector<Expr>& roots, bool below_reductions);

/// An order of the nodes of a graph by what they are, whenever they were built: what is
/// made of less comes first. Equal formulas are in the same order in every graph.
bool precedes(Expr a, Expr b);

/// Is `part` among the nodes of `whole` (also below reductions)?
bool depends_on(Expr whole, Expr part);

// Building blocks for the rules of the tables: each is the row of that name.
Expr operator+(Expr a, Expr b);
Expr operator-(Expr a, Expr b);
Expr operator*(Expr a, Expr b);
Expr operator/(Expr a, Expr b);
Expr operator-(Expr a);
Expr operator*(double a, Expr b);
Expr operator+(double a, Expr b);
Expr operator-(double a, Expr b);
Expr operator/(double a, Expr b);
// Comparisons: 1 or 0.
Expr operator<(Expr a, Expr b);
Expr operator<=(Expr a, Expr b);
Expr operator>(Expr a, Expr b);
Expr operator>=(Expr a, Expr b);
/// The operation called `name` in formulas.
Expr call(const char* name, std::vector<Expr> children, std::vector<int> integers = {});

}  // namespace rkeops
