# Writes src/interpret/generated_operations.h from the tables of operations and
# reductions. Run it after a change of one of them, with the changed package
# installed, and install the package again.
#   Rscript tools/generate-operations.R

writeLines(
  sub("\n$", "", rkeops:::r_generated_operations()),
  "src/interpret/generated_operations.h"
)
