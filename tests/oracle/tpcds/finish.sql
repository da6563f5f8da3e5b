-- q06: a state with a dozen dear sales in July 1998
UPDATE store_sales SET ss_customer_sk = 9180, ss_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1998-07-04')
WHERE ss_ticket_number IN (23195, 38194, 39796, 44155, 49647, 68359, 69705, 79613, 84511, 98674, 105010, 107698, 110096, 112452);
-- q23: an item sold often on one day, its best customer, who also bought it by catalog and on the web in June 1998
UPDATE store_sales SET ss_customer_sk = 11916, ss_item_sk = 8731, ss_quantity = 100, ss_sales_price = 900,
    ss_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1999-08-20')
WHERE ss_ticket_number IN (1951, 2167, 3387, 4236, 8386, 8421) AND ss_item_sk <> 12631;
UPDATE catalog_sales SET cs_bill_customer_sk = 11916, cs_item_sk = 8731,
    cs_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1998-06-11') WHERE cs_order_number = 127762 AND cs_item_sk = 3349;
UPDATE web_sales SET ws_bill_customer_sk = 11916, ws_item_sk = 8731,
    ws_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1998-06-12') WHERE ws_order_number = 296 AND ws_item_sk = 13266;
-- q31: a county that sells more on the web from quarter to quarter, and no more in its stores
UPDATE customer_address SET ca_county = 'Barrow County' WHERE ca_address_sk = 25871;
UPDATE store_sales SET ss_addr_sk = 25871, ss_ext_sales_price = 100, ss_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = CASE
    ss_ticket_number WHEN 8693 THEN DATE '2001-02-15' WHEN 9071 THEN DATE '2001-05-15' ELSE DATE '2001-08-15' END)
WHERE ss_ticket_number IN (8693, 9071, 9104) AND ss_item_sk <> 2761;
UPDATE web_sales SET ws_bill_addr_sk = 25871, ws_ext_sales_price = CASE ws_order_number WHEN 982 THEN 100 WHEN 1413 THEN 200 ELSE 400 END,
    ws_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = CASE
        ws_order_number WHEN 982 THEN DATE '2001-02-15' WHEN 1413 THEN DATE '2001-05-15' ELSE DATE '2001-08-15' END)
WHERE ws_order_number IN (982, 1413, 2325);
-- q25, for the stores of one principal: sold, returned, and bought again by catalog
UPDATE store_sales SET ss_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '2001-04-10')
WHERE ss_ticket_number = 9181 AND ss_item_sk = 1446;
UPDATE store_returns SET sr_returned_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '2001-05-10')
WHERE sr_ticket_number = 9181 AND sr_item_sk = 1446;
UPDATE catalog_sales SET cs_bill_customer_sk = 17578, cs_item_sk = 1446,
    cs_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '2001-06-10') WHERE cs_order_number = 127830 AND cs_item_sk = 13603;
-- q38 and q78, for the same stores: one customer, one day, one item, three channels
UPDATE store_sales SET ss_customer_sk = 4127, ss_item_sk = 4500, ss_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1999-03-03')
WHERE ss_ticket_number = 590;
UPDATE catalog_sales SET cs_bill_customer_sk = 4127, cs_item_sk = 4500,
    cs_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1999-03-03') WHERE cs_order_number = 127933;
UPDATE web_sales SET ws_bill_customer_sk = 4127, ws_item_sk = 4500,
    ws_sold_date_sk = (SELECT d_date_sk FROM date_dim WHERE d_date = DATE '1999-03-03') WHERE ws_order_number = 2812;
-- q84: customers of one city, of an income, with the demographics that their returns name
UPDATE store_returns SET sr_cdemo_sk = (SELECT c_current_cdemo_sk FROM customer WHERE c_customer_sk = sr_customer_sk) WHERE sr_ticket_number % 4 = 1;
UPDATE customer_address SET ca_city = 'Green Acres' WHERE ca_address_sk % 5 = 3;
-- q90: sales in the evening, without which a number is divided by zero
UPDATE web_sales SET ws_sold_time_sk = (SELECT min(t_time_sk) FROM time_dim WHERE t_hour = 20), ws_web_page_sk = 32,
    ws_ship_hdemo_sk = (SELECT min(hd_demo_sk) FROM household_demographics WHERE hd_dep_count = 8) WHERE ws_order_number IN (3719, 1653);
