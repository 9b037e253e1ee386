{{ config(unique_key=['organization_id', 'item_id']) }}

with source as (
    {{ changed_records(source('quickbooks', 'items')) }}
),

renamed as (
    select
        source.organization_id,
        source.record_id as item_id,
        fields."Name" as item_name,
        fields."FullyQualifiedName" as fully_qualified_name,
        fields."Type" as item_type,
        fields."Active" as is_active,
        fields."Sku" as sku,
        fields."UnitPrice" as unit_price,
        fields."PurchaseCost" as purchase_cost,
        fields."IncomeAccountRef" ->> 'value' as income_account_id,
        fields."ExpenseAccountRef" ->> 'value' as expense_account_id,
        fields."AssetAccountRef" ->> 'value' as asset_account_id,
        fields."TrackQtyOnHand" as tracks_quantity,
        fields."QtyOnHand" as quantity_on_hand,
        fields."ParentRef" ->> 'value' as parent_item_id,
        (fields."MetaData" ->> 'CreateTime')::timestamptz as created_at,
        (fields."MetaData" ->> 'LastUpdatedTime')::timestamptz as updated_at,
        source.deleted_at is not null as is_deleted,
        source.source_updated_at,
        source.extracted_at
    from source
    cross join lateral jsonb_to_record(source.record) as fields (
        "Name" text,
        "FullyQualifiedName" text,
        "Type" text,
        "Active" boolean,
        "Sku" text,
        "UnitPrice" numeric,
        "PurchaseCost" numeric,
        "IncomeAccountRef" jsonb,
        "ExpenseAccountRef" jsonb,
        "AssetAccountRef" jsonb,
        "TrackQtyOnHand" boolean,
        "QtyOnHand" numeric,
        "ParentRef" jsonb,
        "MetaData" jsonb
    )
)

select * from renamed
