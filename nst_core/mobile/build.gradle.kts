// LiteRT 2.1 is compiled by Kotlin 2.3, whose libraries an older compiler cannot read.
plugins {
    id("com.android.application") version "8.13.0" apply false
    id("org.jetbrains.kotlin.android") version "2.3.0" apply false
}
