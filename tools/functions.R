# How long the functions of the C++ sources are, and how many files and lines each
# room has.
#   Rscript tools/functions.R [lines, 60: names functions that are longer]
#
# A function begins at a line that ends with "{" after ")", and ends at the line of
# the closing bracket with the same indent, as clang-format sets them. A class counts by
# its methods.

longest <- as.integer(c(commandArgs(trailingOnly = TRUE), 60)[[1L]])
files <- c(
  list.files("src", "[.](cpp|h)$", recursive = TRUE, full.names = TRUE),
  list.files("inst/include", "[.](h|cuh)$", recursive = TRUE, full.names = TRUE)
)
files <- files[basename(files) != "RcppExports.cpp"]

indent_of <- function(lines) nchar(sub("^( *).*", "\\1", lines))

functions_in <- function(file) {
  lines <- readLines(file)
  heads <- grep(
    "\\)( const| noexcept| override|:.*)* \\{$", lines
  )
  words <- "^ *(if|for|while|switch|else|catch|do|return|namespace|RKEOPS_UNROLL)\\b|\\}|\\[.*\\]\\("
  heads <- heads[!grepl(words, lines[heads])]
  indents <- indent_of(lines)
  lengths <- vapply(heads, function(head) {
    # the first line of a head of several lines has the indent of the function
    end <- which(grepl("^ *\\}", lines) & seq_along(lines) > head)
    end <- end[indents[end] <= indents[head]]
    if (length(end)) end[[1L]] - head + 1L else NA_integer_
  }, 1L)
  names <- trimws(sub("\\(.*", "", lines[heads]))
  data.frame(file = rep(file, length(heads)), name = names, lines = lengths)
}

room_of <- function(file) sub("^inst/include/", "", dirname(file))

functions <- do.call(rbind, lapply(files, functions_in))
functions <- functions[!is.na(functions$lines), ]
sizes <- vapply(files, function(file) length(readLines(file)), 1L)

rooms <- lapply(split(seq_along(files), room_of(files)), function(k) {
  own <- functions$lines[functions$file %in% files[k]]
  data.frame(
    files = length(k), lines = sum(sizes[k]), longest_file = max(sizes[k]),
    functions = length(own),
    median = if (length(own)) stats::median(own) else NA,
    p90 = if (length(own)) unname(stats::quantile(own, 0.9)) else NA,
    longest = if (length(own)) max(own) else NA
  )
})
table <- do.call(rbind, rooms)
print(table)
cat(sprintf(
  "\nall: %d files, %d lines, %d functions; lines of a function: median %g, p90 %g, longest %d\n",
  length(files), sum(sizes), nrow(functions), stats::median(functions$lines),
  stats::quantile(functions$lines, 0.9), max(functions$lines)
))
long <- functions[functions$lines > longest, ]
if (nrow(long)) print(long[order(-long$lines), ], row.names = FALSE)
large <- sizes[sizes > 400]
if (length(large)) {
  cat("\nfiles of more than 400 lines:\n")
  print(data.frame(lines = sort(large, decreasing = TRUE)))
}
