package android.content.res

class AssetManager(val hasGpu: Boolean)
