// Results of the long computations, recorded on a real processor (the 32-bit build computes them on the x87
// with its wider intermediate results).
#define GRAVITY_64 0xc009b06330bf4210ull
#define MANDELBROT_64 0x238297ff
#define SERIES_64 0x411e1763
#define GRAVITY_32 0xc009b06330bf4226ull
#define MANDELBROT_32 0x8de0b464
#define SERIES_32 0x411e1762
#define DIGITS_OF_E 0x7685830e
