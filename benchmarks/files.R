# A matrix in a file that is larger than the memory of a process, beside rows of it that
# are in memory: how many rows a second of the clock, and of the processor.
#   Rscript benchmarks/files.R [megabytes of the file, 2000] [points beside it, 200]
#     [limit of the process, in megabytes, 2000] [folder, tempdir()]
#
# The file has rows of 16 doubles. It is reduced (a Gaussian sum over its rows, and the
# nearest row), and its rows are those of a result that goes to a file (the nearest
# point), by processes under `ulimit -v`. Each has the threads of this machine.

library(rkeops)

arguments <- commandArgs(TRUE)
chosen <- function(k, default) {
  if (is.na(arguments[k])) default else as.numeric(arguments[k])
}
rows <- floor(chosen(1, 2000) * 1e6 / 128)
points <- chosen(2, 200)
limit <- chosen(3, 2000)
folder <- if (is.na(arguments[4])) tempdir() else arguments[4]

path <- tempfile("rows-", folder)
on_disk <- file_matrix(path, rows, 16, create = TRUE)
set.seed(1)
some <- matrix(rnorm(16 * min(rows, 1e6)), ncol = 16)
for (begin in seq(1, rows, by = nrow(some))) {
  block <- min(nrow(some), rows - begin + 1)
  rkeops:::write_rows(on_disk, begin, some[seq_len(block), , drop = FALSE])
}

# Both processes do this; `in_memory` has the same rows again and again.
common <- sprintf('
library(rkeops)
set_rkeops_options(compile = "always", pruning = "never", memory = "%.0f MB",
                   precision = "float64")
set.seed(2)
centres <- matrix(rnorm(16 * %d), ncol = 16)
args <- c("x = Vi(16)", "y = Vj(16)")
operators <- list(
  "Gaussian sum over its rows" =
    keops_kernel("Sum_Reduction(Exp(-SqDist(x, y)), 0)", args),
  "nearest of its rows" = keops_kernel("ArgMin_Reduction(SqDist(x, y), 0)", args),
  "nearest point of each row" =
    keops_kernel("ArgMin_Reduction(SqDist(x, y), 1)", args)
)
say <- function(name, rows, time) {
  cat("\\n=", name, "|", rows / time[["elapsed"]],
      rows / sum(time[c("user.self", "sys.self")]))
}
', limit / 4, points)

in_memory <- '
x <- matrix(rnorm(16e6), ncol = 16)
for (name in names(operators)) {
  op <- operators[[name]]
  op(centres, x[1:1000, ])
  say(name, nrow(x), system.time(op(centres, x)))
}
'
from_file <- sprintf('
x <- file_matrix("%s", %.0f, 16)
out <- file_matrix("%s-out", %.0f, 1, create = TRUE)
for (name in names(operators)) {
  op <- operators[[name]]
  op(centres, matrix(rnorm(16000), ncol = 16))
  is_long <- name == "nearest point of each row"
  say(name, x$nrow, system.time(
    if (is_long) op(centres, x, out = out) else op(centres, x)
  ))
}
peak <- grep("VmPeak", readLines("/proc/self/status"), value = TRUE)
cat("\\n= peak |", gsub("[^0-9]", "", peak), 0)
', path, rows, path, rows)

# Rows a second of the clock and of the processor, by name.
run <- function(code, prefix = "") {
  script <- tempfile(fileext = ".R")
  writeLines(c(common, code), script)
  lines <- system(
    sprintf("%s Rscript %s", prefix, script), intern = TRUE
  )
  lines <- grep("^= ", lines, value = TRUE)
  numbers <- t(sapply(strsplit(sub(".*\\| *", "", lines), " +"), as.numeric))
  rownames(numbers) <- trimws(sub("\\|.*", "", sub("^= ", "", lines)))
  numbers
}

memory <- run(in_memory)
file <- run(from_file, sprintf(
  "export OPENBLAS_NUM_THREADS=1; ulimit -v %.0f;", limit * 1000
))
unlink(c(path, paste0(path, "-out")))

cat(sprintf(
  "a file of %.0f MB, %d points beside it; processes of at most %.0f MB\n\n",
  rows * 128 / 1e6, points, limit
))
cat(sprintf("%-28s %32s %32s\n%-28s %10s %10s %10s %10s %10s %10s\n", "",
            "rows a second of the clock", "of the processor", "",
            "memory", "file", "ratio", "memory", "file", "ratio"))
for (name in rownames(memory)) {
  cat(sprintf(
    "%-28s %10.3g %10.3g %10.2f %10.3g %10.3g %10.2f\n", name,
    memory[name, 1], file[name, 1], memory[name, 1] / file[name, 1],
    memory[name, 2], file[name, 2], memory[name, 2] / file[name, 2]
  ))
}
cat(sprintf("\nthe process took %.0f MB at most\n", file["peak", 1] / 1000))
