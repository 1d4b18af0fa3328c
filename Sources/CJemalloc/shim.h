// The allocator of a program that links it: malloc and its like are the library's then.
#pragma once
#include <jemalloc/jemalloc.h>
