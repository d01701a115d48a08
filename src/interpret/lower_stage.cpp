// Nodes that only rearrange components (slices, repetitions) are operands that point into
// the registers of others; all others become steps. Where the table of loops has one for
// several operations together, the inner ones need no registers.
#include "interpret/lower_stage.h"

#include <algorithm>
#include <climits>
#include <cstring>

#include "base/diagnostic.h"
#include "interpret/composition.h"
#include "interpret/registers.h"
#include "ir/ops.h"
#include "ir/tensor.h"

namespace rkeops {

Operand Constants::number(double value) {
  // bits, because -0 and NaN are constants too
  const auto same = [value](double other) {
    return std::memcmp(&value, &other, sizeof(value)) == 0;
  };
  const auto found = std::find_if(values_.begin(), values_.end(), same);
  const int index = int(found - values_.begin());
  if (found == values_.end()) values_.push_back(value);
  return {Space::parameter, first_ + index, 0};
}

Operand Constants::range(int count) {
  const auto found = ranges_.find(count);
  if (found != ranges_.end()) return {Space::parameter, found->second, 1};
  const int start = first_ + int(values_.size());
  for (int k = 0; k < count; ++k) values_.push_back(k);
  ranges_[count] = start;
  return {Space::parameter, start, 1};
}

namespace {

constexpr int forever = INT_MAX;

// An operand, and the block of registers it lies in (-1: none).
struct Located {
  Operand operand;
  int block = -1;
};

// A step before registers are assigned.
struct Draft {
  Step step;
  std::vector<int> blocks;  // of the operands
  int result_block = -1;
  bool may_be_in_place = false;
};

// The loops by their text.
const tiles::Instruction* find_instruction(const tiles::Loops& loops,
                                           const std::string& code) {
  for (int k = 0; k < loops.instruction_count; ++k) {
    if (code == loops.instructions[k].code) return &loops.instructions[k];
  }
  return nullptr;
}

class StageLowering {
 public:
  StageLowering(const Places& places, Constants& constants, const tiles::Loops& loops)
      : places_(places), constants_(constants), loops_(loops) {}

  StageProgram lower(const std::vector<Expr>& inputs, const std::vector<Expr>& outputs) {
    for (Expr input : inputs) {
      located_[&*input] = {{Space::tile, program_.inputs, 1}, 0};
      program_.inputs += input->dimension;
    }
    blocks_.push_back({program_.inputs, -1, -1, 0});
    find_computed(outputs);
    choose_compositions();
    for (Expr node : computed_) {
      if (!inside_.count(&*node)) add_node(node);
    }
    finish(outputs);
    return std::move(program_);
  }

 private:
  // ---- what is computed here, and which nodes are inside others ----

  bool is_given(Expr node) const {
    return located_.count(&*node) || places_.count(&*node) ||
           node->kind == NodeKind::constant;
  }

  void find_computed(const std::vector<Expr>& outputs) {
    for (Expr node : outputs) ++uses_[&*node];
    std::vector<Expr> pending = outputs;
    std::unordered_map<const Node*, bool> seen;
    while (!pending.empty()) {
      const Expr node = pending.back();
      pending.pop_back();
      if (is_given(node) || seen[&*node]) continue;
      seen[&*node] = true;
      computed_.push_back(node);
      for (Expr child : node->children) {
        ++uses_[&*child];
        pending.push_back(child);
      }
    }
    std::sort(computed_.begin(), computed_.end(),
              [](Expr a, Expr b) { return a->id < b->id; });
  }

  // From the roots down: the longest composition that has a loop.
  void choose_compositions() {
    for (auto at = computed_.rbegin(); at != computed_.rend(); ++at) {
      const Expr node = *at;
      const Form form = node->operation->form;
      if (inside_.count(&*node) || (form != Form::elementwise && form != Form::fold))
        continue;
      const int dimension =
          form == Form::fold ? node->children[0]->dimension : node->dimension;
      const auto may_be_inside = [&](Expr child) {
        return !is_given(child) && uses_.at(&*child) == 1 &&
               child->dimension == dimension;
      };
      for (Composition& candidate : compositions(node, 3, may_be_inside)) {
        Composition& chosen = chosen_[&*node];
        if (chosen.code.empty() || (candidate.inside.size() > chosen.inside.size() &&
                                    find_instruction(loops_, candidate.code)))
          chosen = std::move(candidate);
      }
      for (Expr child : chosen_[&*node].inside) inside_[&*child] = true;
    }
  }

  // ---- steps ----

  void add_node(Expr node) {
    switch (node->operation->form) {
      case Form::repeat:
      case Form::slice:
        located_[&*node] = rearranged(node);
        break;
      case Form::range:
        located_[&*node] = {constants_.range(node->dimension), -1};
        break;
      case Form::insert:
        add_insert(node);
        break;
      case Form::concat:
        add_concat(node);
        break;
      case Form::contraction:
        add_contraction(node);
        break;
      case Form::routine:
        add_routine(node);
        break;
      default:
        add_composition(node);
    }
  }

  Located operand(Expr node) {
    if (node->kind == NodeKind::constant) return {constants_.number(node->value), -1};
    const auto place = places_.find(&*node);
    Located found =
        place != places_.end() ? Located{place->second, -1} : located_.at(&*node);
    if (node->dimension == 1) found.operand.step = 0;
    return found;
  }

  Located rearranged(Expr node) {
    Located place = operand(node->children[0]);
    if (node->operation->form == Form::repeat) {
      place.operand.step = 0;
      return place;
    }
    const Placement slice = node->operation->placement(node->integers);
    place.operand.start += place.operand.step * slice.start;
    place.operand.step *= slice.stride;
    return place;
  }

  int new_block(Expr node) {
    blocks_.push_back({node->dimension, int(drafts_.size()), -1, 0});
    const int block = int(blocks_.size()) - 1;
    located_[&*node] = {{Space::tile, 0, 1}, block};
    return block;
  }

  Draft& add_step(tiles::Loop loop, const std::vector<Expr>& operands, int components,
                  int result_block) {
    Draft draft;
    draft.step.loop = loop;
    draft.step.components = components;
    draft.result_block = result_block;
    for (Expr expression : operands) {
      const Located place = operand(expression);
      draft.step.operands.push_back(place.operand);
      draft.blocks.push_back(place.block);
    }
    drafts_.push_back(std::move(draft));
    return drafts_.back();
  }

  void add_composition(Expr node) {
    const Composition& whole = chosen_.at(&*node);
    const tiles::Instruction* instruction = find_instruction(loops_, whole.code);
    if (!instruction)
      throw internal_error("the interpreter has no loop for " + whole.code);
    const bool is_fold = node->operation->form == Form::fold;
    const int components = is_fold ? node->children[0]->dimension : node->dimension;
    const int block = new_block(node);
    Draft& draft = add_step(instruction->loop, whole.operands, components, block);
    draft.step.start = node->operation->start;
    draft.step.integer = node->integers.empty() ? 0 : node->integers[0];
    draft.may_be_in_place = !is_fold;
  }

  void add_routine(Expr node) {
    const std::string& code = node->operation->code;
    const tiles::Instruction* instruction = find_instruction(loops_, code);
    if (!instruction) throw internal_error("the interpreter has no loop for " + code);
    const int block = new_block(node);
    Draft& draft = add_step(instruction->loop, node->children, node->dimension, block);
    draft.step.integer = node->integers[0];
    for (size_t k = 0; k < node->children.size(); ++k)
      draft.step.lengths[k] = node->children[k]->dimension;
  }

  // Copies a node to components start, start + stride, ... of a block.
  void add_copy(Expr from, int block, Placement to, int components) {
    Draft& draft = add_step(loops_.copy, {from}, components, block);
    draft.step.result = to.start;
    draft.step.result_step = to.stride;
  }

  void add_concat(Expr node) {
    const int block = new_block(node);
    int start = 0;
    for (Expr child : node->children) {
      add_copy(child, block, {start, 1}, child->dimension);
      start += child->dimension;
    }
  }

  void add_insert(Expr node) {
    const int block = new_block(node);
    const Expr inserted = node->children[0];
    add_copy(node->graph->constant(0), block, {0, 1}, node->dimension);
    add_copy(inserted, block, node->operation->placement(node->integers),
             inserted->dimension);
  }

  void add_contraction(Expr node) {
    const TensorDot dot = tensor_dot_of(node->integers);
    ProductIndices indices;
    std::vector<int> unused;
    count_through(kept_loops(dot), indices.f, indices.g, indices.result);
    count_through(contracted_loops(dot), indices.f_term, indices.g_term, unused);
    indices.results = int(indices.f.size());
    indices.terms = int(indices.f_term.size());
    const int block = new_block(node);
    Draft& draft = add_step(loops_.products, node->children, node->dimension, block);
    draft.step.products = int(program_.products.size());
    program_.products.push_back(std::move(indices));
  }

  // The indices of all turns of nested loops, the last one innermost.
  static void count_through(const std::vector<TensorLoop>& loops, std::vector<int>& f,
                            std::vector<int>& g, std::vector<int>& result) {
    std::vector<int> turn(loops.size(), 0);
    for (;;) {
      int at_f = 0, at_g = 0, at_result = 0;
      for (size_t k = 0; k < loops.size(); ++k) {
        at_f += turn[k] * loops[k].f_stride;
        at_g += turn[k] * loops[k].g_stride;
        at_result += turn[k] * loops[k].result_stride;
      }
      f.push_back(at_f);
      g.push_back(at_g);
      result.push_back(at_result);
      size_t place = loops.size();
      while (place > 0 && ++turn[place - 1] == loops[place - 1].extent) turn[--place] = 0;
      if (place == 0) return;
    }
  }

  // ---- registers ----

  void finish(const std::vector<Expr>& outputs) {
    for (size_t k = 0; k < drafts_.size(); ++k) {
      for (int block : drafts_[k].blocks) {
        if (block >= 0) blocks_[size_t(block)].last_step = int(k);
      }
    }
    std::vector<int> output_blocks;
    for (Expr output : outputs) {
      const Located place = operand(output);
      program_.outputs.push_back({place.operand, output->dimension});
      output_blocks.push_back(place.block);
      if (place.block >= 0) blocks_[size_t(place.block)].last_step = forever;
    }
    std::vector<int> in_place;
    for (size_t k = 0; k < drafts_.size(); ++k)
      in_place.push_back(reusable(drafts_[k], k));
    program_.registers = assign_registers(blocks_, in_place);
    for (Draft& draft : drafts_) {
      for (size_t k = 0; k < draft.blocks.size(); ++k)
        draft.step.operands[k].start += start_of(draft.blocks[k]);
      draft.step.result += start_of(draft.result_block);
      program_.steps.push_back(std::move(draft.step));
    }
    for (size_t k = 0; k < output_blocks.size(); ++k)
      program_.outputs[k].operand.start += start_of(output_blocks[k]);
  }

  int start_of(int block) const { return block < 0 ? 0 : blocks_[size_t(block)].start; }

  // A block the step may write to while it reads it: component by component, and for the
  // last time.
  int reusable(const Draft& draft, size_t step) const {
    if (!draft.may_be_in_place) return -1;
    for (int block : draft.blocks) {
      if (block < 0 || blocks_[size_t(block)].last_step != int(step) ||
          blocks_[size_t(block)].components != draft.step.components)
        continue;
      bool same_place = true;
      for (size_t k = 0; k < draft.blocks.size(); ++k) {
        const Operand& other = draft.step.operands[k];
        if (draft.blocks[k] == block && draft.step.components > 1)
          same_place = same_place && other.start == 0 && other.step == 1;
      }
      if (same_place) return block;
    }
    return -1;
  }

  const Places& places_;
  Constants& constants_;
  const tiles::Loops& loops_;
  StageProgram program_;
  std::vector<Expr> computed_;
  std::unordered_map<const Node*, int> uses_;
  std::unordered_map<const Node*, Composition> chosen_;
  std::unordered_map<const Node*, bool> inside_;
  std::unordered_map<const Node*, Located> located_;
  std::vector<Block> blocks_;
  std::vector<Draft> drafts_;
};

}  // namespace

StageProgram lower_stage(const std::vector<Expr>& inputs,
                         const std::vector<Expr>& outputs, const Places& places,
                         Constants& constants, const tiles::Loops& loops) {
  return StageLowering(places, constants, loops).lower(inputs, outputs);
}

void add_places(Places& places, Space space, const std::vector<Expr>& kept) {
  int start = 0;
  for (Expr expression : kept) {
    places[&*expression] = {space, start, 1};
    start += expression->dimension;
  }
}

}  // namespace rkeops
