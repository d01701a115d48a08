# The test programs of the C++ code. The comment at the head of each holds the
# command that compiles it, from the root of the sources.

skip_on_cran()

# Words of the command: flags, and sources other than the program itself.
command_words <- function(program) {
  lines <- readLines(program)
  head <- lines[seq_len(match(TRUE, !grepl("^//", lines)) - 1L)]
  text <- sub("^// ?", "", head)
  start <- match(TRUE, grepl("^ *(g|clang)\\+\\+ ", text))
  if (is.na(start)) {
    # Headers only: what generated code is compiled with.
    return("-march=native")
  }
  # The command ends where prose begins again.
  continues <- grepl("^ *(src/|tests/|-)", text)
  last <- start + match(FALSE, c(continues[-seq_len(start)], FALSE)) - 1L
  words <- strsplit(paste(text[start:last], collapse = " "), " +")[[1L]]
  flags <- grep("^-(m|O|D|f|l|pthread)", words, value = TRUE)
  sources <- grep("^src/.*\\.cpp$", words, value = TRUE)
  c(Sys.glob(sources), flags)
}

run_program <- function(program, root) {
  withr::local_dir(root)
  binary <- withr::local_tempfile()
  compiler <- strsplit(cxx_command(), " ")[[1L]]
  words <- c(
    compiler[-1L], "-O2", "-pthread", "-I", "src", "-I", "inst/include",
    program, command_words(program), "-o", binary, "-ldl"
  )
  output <- suppressWarnings(
    system2(compiler[1L], shQuote(words), stdout = TRUE, stderr = TRUE)
  )
  if (!is.null(attr(output, "status"))) {
    return(output)
  }
  suppressWarnings(system2(binary, stdout = TRUE, stderr = TRUE))
}

root <- source_root()
programs <- list.files(
  file.path(root, "tests", "testthat", "cpp"), "\\.cpp$", full.names = TRUE
)

for (program in programs) {
  test_that(paste("the program", basename(program), "finds no error"), {
    output <- run_program(program, root)
    wrong <- paste(utils::tail(grep(" ok$", output, value = TRUE,
      invert = TRUE
    ), 40), collapse = "\n")
    expect_true(is.null(attr(output, "status")), info = wrong)
    expect_false(any(grepl("FAIL", output)), info = wrong)
  })
}
